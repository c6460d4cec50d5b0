// Builds the documentation into a folder: node web/site/build.mjs OUTDIR [--base /path/]
//
//   PAGE.html, PAGE.md   each page, and the Markdown that it is made of
//   llms.txt             all pages by kind, one line about each (llmstxt.org)
//   404.html             for a server to answer with; `--base` says where the site stands, for this page alone
//   assets/              style, script, and what the search looks through
//
// Fails when a link of a page, or an anchor, leads nowhere. Nothing is fetched, from anywhere.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkSite } from "./check.mjs";
import { layout } from "./layout.mjs";
import { collect, contents, filePage, folderPage, pathBetween, projectFiles, read } from "./pages.mjs";
import { relink, render } from "./render.mjs";

const [target, flag, base = "/"] = process.argv.slice(2);
if (!target || (flag && flag !== "--base")) {
  console.error("usage: node web/site/build.mjs OUTDIR [--base /path/]");
  process.exit(2);
}
const out = resolve(target);
const files = projectFiles();
const pages = collect(files);
const kinds = contents();
const dead = [];

/** A text of docs/ at the root: its relative links said from there. */
const fromDocs = (text) =>
  text.replace(/\]\((?![a-z]+:|#)([^)]+)\)/g, (all, link) => `](${posix.normalize(posix.join("docs", link))})`);

/** The start: what README.md says until it speaks of products, then the index. */
function startPage() {
  const readme = read("README.md")
    .split(/^## One engine, your product$/m)[0]
    .trimEnd();
  const index = fromDocs(read("docs/README.md").replace(/^# .*\n/, "")).trimStart();
  const about = /^\*\*(.+?)\*\*/m.exec(readme)[1];
  return { source: "README.md", stem: "index", title: "Cardea", about, text: `${readme}\n\n${index}` };
}

/** The page for a path of the project; made when it is first asked for. */
function pageOf(path) {
  const known = pages.get(path) ?? pages.get(`${path}/README.md`);
  if (known) return known;
  if (path === "docs") return pages.get("README.md");
  const made = files.has(path) ? filePage(path) : folderPage(path, pages, files);
  if (made) pages.set(made.source, made);
  return made;
}

/** Where links of a page lead: to pages with this ending, `.html` or `.md`. */
function resolver(page, ending) {
  return (link) => {
    if (/^[a-z]+:|^#/.test(link)) return link;
    const [path, anchor] = link.split("#");
    const aim = posix.normalize(posix.join(dirname(page.source), path)).replace(/\/$/, "");
    const found = aim.startsWith("..") ? undefined : pageOf(aim === "docs/README.md" ? "docs" : aim);
    if (!found) {
      dead.push(`${page.source}: ${link}`);
      return "#content";
    }
    const file = found.raw && ending === ".md" ? found.stem : found.stem + ending;
    return pathBetween(page.stem, file) + (anchor ? `#${anchor}` : "");
  };
}

function write(path, text) {
  const full = join(out, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
}

const LANGUAGES = { yml: "yaml", py: "python", h: "c", mjs: "js", ts: "js", conf: "nginx" };
const language = (path) => {
  const ending = path.split(".").at(-1);
  return LANGUAGES[ending] ?? ending;
};

/** The other pages of a folder, when this page is the folder's. */
function pagesBelow(page) {
  if (!page.stem.endsWith("/index") || page.stem.startsWith("files/")) return undefined;
  const folder = dirname(page.source);
  const inside = [...pages.values()].filter((p) => p !== page && !p.raw && dirname(p.source) === folder);
  return inside.sort((a, b) => (a.stem < b.stem ? -1 : 1));
}

function entry(link, kind) {
  const page = pageOf(link.source);
  if (!page) {
    dead.push(`docs/README.md: ${link.source}`);
    return [];
  }
  page.kind ??= kind.title;
  page.about ??= link.about;
  const below = pagesBelow(page);
  for (const p of below ?? []) p.kind ??= `${kind.title} · ${link.text}`;
  const entries = below?.map((p) => ({ stem: p.stem, text: p.title, page: p }));
  return [{ stem: page.stem, text: link.text, about: link.about, page, below: entries }];
}

/** docs/README.md's lists with the pages that they lead to, and beneath a folder's page those of the folder. */
const navigation = () =>
  kinds.map((kind) => ({
    ...kind,
    groups: kind.groups.map((group) => ({ ...group, links: group.links.flatMap((link) => entry(link, kind)) })),
  }));

const entriesOf = (kind) => kind.groups.flatMap((group) => group.links);

function llms(nav) {
  const line = (e) => {
    const about = e.about ? `: ${e.about.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")}` : "";
    return `- [${e.text}](${e.page.raw ? e.stem : `${e.stem}.md`})${about}`;
  };
  const part = (title, entries) => `## ${title}\n\n${entries.map(line).join("\n")}\n`;
  const kindParts = nav.map((kind) => part(kind.title, entriesOf(kind)));
  const below = nav.flatMap(entriesOf).flatMap((e) => e.below ?? []);
  const about = `${pages.get("README.md").about} Each page is here as Markdown.`;
  return `# Cardea\n\n> ${about}\n\n${kindParts.join("\n")}\n${part("Optional", below)}`;
}

pages.set("README.md", startPage());
const nav = navigation();
const order = [{ stem: "index", text: "Start" }, ...nav.flatMap(entriesOf).flatMap((e) => [e, ...(e.below ?? [])])];
const search = [];
const done = new Set();
const assets = join(dirname(fileURLToPath(import.meta.url)), "assets");

const fenced = (page) => `\`\`\`\`\`${language(page.source)}\n${page.text.replace(/\n*$/, "\n")}\`\`\`\`\`\n`;

function emit(page) {
  const { html, headings } = render(page.raw ? fenced(page) : page.text, resolver(page, ".html"));
  const to = (stem, ending = ".html") => (page.absolute ? base + stem + ending : pathBetween(page.stem, stem + ending));
  const above = page.absolute ? base : pathBetween(page.stem, "x").slice(0, -1);
  const asset = (name) => above + posix.normalize(`assets/${name}`);
  const body = page.raw ? `<h1>${page.title}</h1>\n<p class="path"><code>${page.source}</code></p>\n${html}` : html;
  const place = order.findIndex((e) => e.stem === page.stem);
  const [before, after] = place < 0 ? [] : [order[place - 1], order[place + 1]];
  write(`${page.stem}.html`, layout({ page, nav, html: body, headings, to, asset, before, after }));
  if (page.absolute) return;
  if (page.raw) write(page.stem, page.text);
  else write(`${page.stem}.md`, relink(page.text, resolver(page, ".md")));
  if (page.raw || page.made) return;
  const inside = headings.filter((h) => h.level > 1 && h.level < 4).map((h) => [h.text, h.id]);
  search.push([page.title, `${page.stem}.html`, page.kind ?? "", inside]);
}

rmSync(out, { recursive: true, force: true });
cpSync(assets, join(out, "assets"), { recursive: true });
while (done.size < pages.size)
  for (const page of [...pages.values()]) {
    if (done.has(page)) continue;
    done.add(page);
    emit(page);
  }
emit({
  source: "404.md",
  stem: "404",
  title: "No such page",
  absolute: true,
  text:
    "# No such page\n\nNothing stands at this address. It may have moved: look for it in the contents, " +
    "or search for a word of its title.\n",
});
write("assets/search.js", `window.cardeaPages = ${JSON.stringify(search)};\n`);
write("llms.txt", llms(nav));

dead.push(...checkSite(out, base));
if (dead.length) {
  const named = [...new Set(dead)];
  console.error(`${named.length} dead links:\n  ${named.join("\n  ")}`);
  process.exit(1);
}
console.log(`${pages.size} pages in ${target}`);
