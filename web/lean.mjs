// A plugin for the component, whose weight is what a page pays that only wants to show its keys: takes out of templates
// and styles what no browser looks at, and stores each language's strings in the order of the English ones.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const OURS = /\/web\/(keys|common)\/.*\.ts$/;
const LIT = /\/node_modules\/(@lit|lit(-html|-element)?)\//;
/** Where polyfills of shadow DOM, rendering on a server and statistics would hook in: none is there. */
const HOOKS = /\w+\.\w+(Polyfill|Hydrate)Support\b|\(\w+\.\w+Versions\?\?=\[\]\)\.push\("[\d.]+"\)/g;
const LINE = /^ {2}(\w+): (".*"),$/gm;

/** Rules of common/base.css.ts for elements that the component has not. */
const OTHERS = /}(h3|a|\.mono)\{[^}]*(?=})|\bh[13],|,textarea(:[\w-]+)?|,\.mono/g;

function styles(code) {
  return code.replace(/(\bcss|const (light|dark|always) =) ?`[^`]*`/g, (sheet) =>
    sheet
      .replace(/\/\*.*?\*\//gs, "")
      .replace(/\s+/g, " ")
      .replace(/\s*([{};,>])\s*/g, "$1")
      .replace(/: /g, ":")
      .replace(/;}/g, "}")
      .replace(OTHERS, ""),
  );
}

/** `{name: "text", …}` as a list of texts; `names` are those of the English file, which must be the same. */
function packed(code, id) {
  const language = /\/strings\/(de|zh)\.ts$/.exec(id)?.[1];
  if (!language) return code;
  const entries = [...code.matchAll(LINE)];
  const english = [...readFileSync(join(dirname(id), "en.ts"), "utf8").matchAll(LINE)].map(([, name]) => name);
  if (String(english) !== String(entries.map(([, name]) => name))) throw new Error(`${id}: other names, or another order, than en.ts has`);
  const zip = "Object.fromEntries(Object.keys(en).map((name, i) => [name, texts[i]]))";
  return `import { en } from "./en";\nconst texts = [${entries.map(([, , text]) => text)}];\nexport const ${language} = ${zip};`;
}

export function lean() {
  return {
    name: "lean",
    enforce: "pre",
    transform(code, id) {
      if (LIT.test(id)) return { code: code.replace(HOOKS, "null"), map: null };
      if (!OURS.test(id)) return null;
      const short = packed(styles(code), id)
        .replace(/="([a-z][\w-]*)"/g, "=$1") // without spaces around "=": attributes, and selectors of them
        .replace(/\n\s+/g, "\n")
        .replace(/>\n</g, "><")
        .replace(/\n\$\{/g, "${");
      return { code: short, map: null };
    },
  };
}
