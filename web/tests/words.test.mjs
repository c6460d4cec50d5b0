// What the compiler says of the pages, a text that one language lacks among it; and what it does not see: that what is to
// be filled in is the same in each language.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { transformWithEsbuild } from "vite";

const WEB = join(dirname(fileURLToPath(import.meta.url)), "..");
const PLACES = ["common", "keys", "dashboard"];

test("each page holds what its types promise, in three languages", async () => {
  const tsc = join(WEB, "node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [tsc, "--noEmit"], { cwd: WEB }).catch((error) => assert.fail(error.stdout));
});

/** The table of a language: a file that holds nothing else but types. */
async function table(file) {
  const { code } = await transformWithEsbuild(readFileSync(file, "utf8").replace(/^import .*$/gm, ""), file, { format: "esm" });
  const [texts] = Object.values(await import(`data:text/javascript,${encodeURIComponent(code)}`));
  return texts;
}

/** What is filled in; how a product calls its keys may be said once more, or not, as a language's grammar has it. */
const holes = (text) => [...new Set(JSON.stringify(text).match(/\{(?!noun)\w+\}/gi))].sort();

test("what is filled into a text is the same in each language", async () => {
  const files = PLACES.flatMap((place) =>
    readdirSync(join(WEB, place), { recursive: true, withFileTypes: true })
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .filter((file) => /(strings|words)\/en\.ts$/.test(file)),
  );
  assert.ok(files.length >= 7, String(files));
  let texts = 0;
  for (const file of files) {
    const en = await table(file);
    for (const language of ["de", "zh"]) {
      const other = await table(file.replace("en.ts", `${language}.ts`));
      assert.deepEqual(Object.keys(other).sort(), Object.keys(en).sort(), relative(WEB, file));
      for (const [name, text] of Object.entries(en)) {
        const where = `${relative(WEB, file)}: ${name}, ${language}`;
        assert.deepEqual(holes(other[name]), holes(text), where);
        assert.ok(JSON.stringify(other[name]).length > 2, `${where} is empty`);
        texts++;
      }
    }
  }
  assert.ok(texts > 600, `${texts} texts`);
});
