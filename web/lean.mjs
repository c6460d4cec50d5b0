// A plugin for the component, whose weight is what a page pays that only wants to show its keys: takes out of templates
// and styles what no browser looks at, and stores each language's strings in the order of the English ones.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const OURS = /\/web\/(keys|common)\/.*\.ts$/;
const LINE = /^ {2}(\w+): (".*"),$/gm;

function styles(code) {
  return code.replace(/(\bcss|const (light|dark|always) =) ?`[^`]*`/g, (sheet) =>
    sheet
      .replace(/\/\*.*?\*\//gs, "")
      .replace(/\s+/g, " ")
      .replace(/\s*([{};,>])\s*/g, "$1")
      .replace(/: /g, ":")
      .replace(/;}/g, "}"),
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
