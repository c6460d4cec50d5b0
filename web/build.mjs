// Builds all pages into a folder: node build.mjs OUTDIR
//
//   keys/cardea-keys.js              the component, one module, whatever it needs inside
//   dashboard/index.html, assets/    the dashboard; file names hold a hash of what is in them
//   reference/index.html, assets/    the reference of an API
//
// Says what each weighs, and fails when one has outgrown its budget.
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { lean } from "./lean.mjs";

const web = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? "");
if (!process.argv[2]) {
  console.error("usage: node build.mjs OUTDIR");
  process.exit(2);
}

const shared = { configFile: false, logLevel: "warn", publicDir: false };
/** What Lit's licence asks for, in place of the same in each of its files. */
const BANNER = "/*! with Lit, (c) Google LLC, BSD-3-Clause */";
const target = ["chrome109", "firefox115", "safari16.4"];

const pages = {
  keys: {
    budget: 25_000,
    config: {
      root: join(web, "keys"),
      plugins: [lean()],
      esbuild: { legalComments: "none" }, // BANNER says it
      build: {
        target,
        minify: "terser", // some hundred bytes less than esbuild's, of a budget that is small
        terserOptions: { module: true, ecma: 2022, compress: { passes: 3, ecma: 2022 }, format: { preamble: BANNER } },
        emptyOutDir: true,
        outDir: join(out, "keys"),
        modulePreload: false,
        rollupOptions: {
          input: join(web, "keys/cardea-keys.ts"),
          preserveEntrySignatures: "strict", // it exports its class; vite's library mode would leave white space in
          output: { entryFileNames: "cardea-keys.js" },
        },
      },
    },
  },
  dashboard: {
    budget: 150_000,
    // Relative, since the daemon serves it beneath the path that a profile names.
    config: {
      root: join(web, "dashboard"),
      base: "./",
      build: {
        target,
        emptyOutDir: true,
        outDir: join(out, "dashboard"),
        assetsInlineLimit: 0, // what stands in a file of its own is cached, and allowed by the content policy
        modulePreload: { polyfill: false },
      },
    },
  },
  reference: {
    budget: 520_000, // nearly all of it Swagger UI
    config: {
      root: join(web, "reference"),
      base: "./",
      build: {
        target,
        emptyOutDir: true,
        outDir: join(out, "reference"),
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 2000,
      },
    },
  },
};

const gzipped = (file) => gzipSync(readFileSync(file), { level: 9 }).length;

/** What somebody loads who opens everything: nobody reads in two languages, so of those the heaviest counts. */
function weigh(folder) {
  const languages = { en: 0, de: 0, zh: 0 };
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const size = gzipped(join(entry.parentPath ?? entry.path, entry.name));
    const language = /^(en|de|zh)-[\w-]+\.js$/.exec(entry.name)?.[1];
    if (language) languages[language] += size;
    else bytes += size;
  }
  return bytes + Math.max(...Object.values(languages));
}

let heavy = false;
rmSync(out, { recursive: true, force: true });
for (const [name, { budget, config }] of Object.entries(pages)) {
  await build({ ...shared, ...config });
  const bytes = weigh(join(out, name));
  console.log(`${name}: ${bytes} bytes gzipped, of ${budget}`);
  heavy ||= bytes > budget;
}
if (heavy) {
  console.error("a page is heavier than its budget: see what it imports, or say here why it may be");
  process.exit(1);
}
