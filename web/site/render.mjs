// Markdown to HTML: headings with anchors as GitHub makes them, code with its language, tables that may be wider than
// the page.
import MarkdownIt from "markdown-it";
import anchor from "markdown-it-anchor";

export const escape = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

export const slug = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, "")
    .replaceAll(" ", "-");

const HASH = /(^|\s)#.*$/;
const COMMENT = { yaml: HASH, sh: HASH, nginx: HASH, python: HASH, c: /\/\*.*\*\/|\/\/.*$/, js: /(^|\s)\/\/.*$/ };

function commented(line, language) {
  const found = COMMENT[language]?.exec(line);
  if (!found) return escape(line);
  return `${escape(line.slice(0, found.index))}<i>${escape(found[0])}</i>${escape(line.slice(found.index + found[0].length))}`;
}

/** What is typed stands out from what is printed, and is all that is copied. */
function consoleLines(text) {
  const typed = [];
  let going = false;
  const lines = text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      const starts = line.startsWith("$ ");
      if (!starts && !going) return `<samp>${escape(line)}</samp>`;
      const command = starts ? line.slice(2) : line;
      const here = /<<'?(\w+)'?$/.exec(command)?.[1];
      typed.push(command);
      if (here) going = here;
      else if (typeof going !== "string" || command === going) going = command.endsWith("\\");
      return `${starts ? '<b aria-hidden="true">$ </b>' : ""}<kbd>${escape(command)}</kbd>`;
    });
  return { html: lines.join("\n"), copied: typed.join("\n") };
}

function fence(tokens, index) {
  const language = tokens[index].info.trim();
  const text = tokens[index].content;
  const { html, copied } =
    language === "console"
      ? consoleLines(text)
      : {
          html: text
            .replace(/\n$/, "")
            .split("\n")
            .map((line) => commented(line, language))
            .join("\n"),
          copied: null,
        };
  const copy = copied === null ? "" : ` data-copy="${escape(copied)}"`;
  return `<div class="code"${copy}><pre tabindex="0"><code class="${escape(language)}">${html}</code></pre></div>\n`;
}

/** {html, headings: [{level, id, text}]}; `resolve` says where a link leads. */
export function render(text, resolve) {
  const headings = [];
  const md = new MarkdownIt({ html: false, linkify: false, typographer: false });
  md.use(anchor, {
    slugify: slug,
    level: [1, 2, 3, 4],
    tabIndex: false,
    permalink: anchor.permalink.linkInsideHeader({
      symbol: "#",
      placement: "after",
      class: "anchor",
      ariaHidden: true,
    }),
    callback: (token, { slug: id, title }) => headings.push({ level: Number(token.tag[1]), id, text: title }),
  });
  md.renderer.rules.fence = fence;
  md.renderer.rules.code_block = fence;
  md.renderer.rules.table_open = () => '<div class="table"><table>\n';
  md.renderer.rules.table_close = () => "</table></div>\n";
  md.core.ruler.push("links", (state) => {
    for (const block of state.tokens)
      for (const token of block.children ?? []) {
        const name = token.type === "link_open" ? "href" : token.type === "image" ? "src" : null;
        if (name && token.attrGet("class") !== "anchor") token.attrSet(name, resolve(token.attrGet(name)));
      }
  });
  return { html: md.render(text), headings };
}

/** The same text with its links led elsewhere: the Markdown beside a page. */
export function relink(text, resolve) {
  return text.replace(/^```[^]*?^```$|`[^`\n]*`|(\]\()([^)\s]+)(\))/gm, (all, open, link, close) =>
    link === undefined ? all : open + resolve(link) + close,
  );
}
