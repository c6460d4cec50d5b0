// Which Markdown becomes which page. What the navigation says of them (order, titles, one line about each) stands in
// docs/README.md, which GitHub shows as the index: there is no second table of contents to keep.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Pages that stand outside docs/, and where they go. The start page is made of README.md and docs/README.md. */
const OUTSIDE = {
  "ARCHITECTURE.md": "explanation/architecture",
  "SECURITY.md": "explanation/security",
  "bench/RESULTS.md": "explanation/measurements",
  "deploy/README.md": "how-to/deploy",
  "CHANGELOG.md": "changelog",
  "CONTRIBUTING.md": "contributing",
  "examples/embed/README.md": "how-to/embed",
  "examples/upstream/README.md": "reference/example-apis",
};

/** Everything that belongs to the project, by path: a link to it may lead there. */
export function projectFiles() {
  if (!existsSync(join(root, ".git"))) throw new Error("the site is made of what git knows: build it in a clone");
  const listed = execFileSync("git", ["-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
  return new Set(
    listed
      .toString()
      .split("\0")
      .filter((path) => path && existsSync(join(root, path))),
  );
}

/** "docs/reference/cli/README.md" to "reference/cli/index". */
function stemOf(source) {
  if (OUTSIDE[source]) return OUTSIDE[source];
  return source
    .replace(/^docs\//, "")
    .replace(/\.md$/, "")
    .replace(/(^|\/)README$/, "$1index");
}

/** Without comments (they tell the tests which commands to type) that stand outside code. */
export function read(source) {
  const text = readFileSync(join(root, source), "utf8");
  return text.replace(/^(```[^]*?^```$)|<!--[^]*?-->\n?/gm, (all, code) => code ?? "");
}

export function collect(files) {
  const pages = new Map();
  for (const source of files)
    if (OUTSIDE[source] || (/^docs\/.*\.md$/.test(source) && source !== "docs/README.md"))
      pages.set(source, { source, stem: stemOf(source), text: read(source) });
  for (const source of Object.keys(OUTSIDE)) if (!pages.has(source)) throw new Error(`${source} is not there`);
  for (const page of pages.values()) page.title = /^# (.+)$/m.exec(page.text)?.[1].replaceAll("`", "") ?? page.stem;
  return pages;
}

/** Folders that are linked to, but have no README: a page that lists what they hold. */
export function folderPage(folder, pages, files) {
  const inside = [...files].filter(
    (path) => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes("/"),
  );
  if (!inside.length) return undefined;
  const name = folder.split("/").at(-1);
  const title = { errors: "Errors" }[name] ?? `${folder}/`;
  const rows = inside.sort().map((path) => {
    const first = pages.get(path)?.text.split("\n\n")[1]?.replaceAll("\n", " ").replaceAll("|", "\\|") ?? "";
    return `| [${pages.get(path)?.title ?? posix.basename(path)}](${posix.basename(path)}) | ${first} |`;
  });
  const stem = folder.startsWith("docs/") ? `${folder.slice(5)}/index` : `files/${folder}/index`;
  return {
    source: `${folder}/README.md`,
    stem,
    title,
    text: `# ${title}\n\n| | |\n|---|---|\n${rows.join("\n")}\n`,
    made: true,
  };
}

/** A file of the project that is no page, shown as it stands. */
export function filePage(path) {
  const full = join(root, path);
  if (statSync(full).size > 400_000) return undefined;
  return {
    source: path,
    stem: `files/${path}`,
    title: posix.basename(path),
    text: readFileSync(full, "utf8"),
    raw: true,
  };
}

/** [{title, about, groups: [{title, links: [{source, text, about}]}]}] of docs/README.md's headings and lists. */
export function contents() {
  const kinds = [];
  for (const line of read("docs/README.md")
    .replaceAll(/\n {2,}/g, " ")
    .split("\n")) {
    const heading = /^(##+) (.+)$/.exec(line);
    const link = /^- \[([^\]]+)\]\(([^)]+)\)(?:: (.+))?/.exec(line);
    if (heading?.[1] === "##") kinds.push({ title: heading[2], about: "", groups: [{ title: "", links: [] }] });
    else if (heading) kinds.at(-1).groups.push({ title: heading[2], links: [] });
    else if (link)
      kinds
        .at(-1)
        .groups.at(-1)
        .links.push({
          source: posix.normalize(posix.join("docs", link[2])).replace(/\/$/, ""),
          text: link[1],
          about: link[3] ?? "",
        });
    else if (line.trim() && kinds.length && !kinds.at(-1).groups[0].links.length) kinds.at(-1).about += `${line} `;
  }
  return kinds.filter((kind) => kind.groups.some((group) => group.links.length));
}

export const pathBetween = (from, to) => relative(dirname(from), to) || posix.basename(to);
