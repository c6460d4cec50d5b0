// Reads the site as a browser does: each address in it leads to a file, each anchor to an element. Addresses of others
// are not fetched; a page loads nothing from them.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

function* htmlFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* htmlFiles(path);
    else if (entry.name.endsWith(".html")) yield path;
  }
}

const unescape = (text) =>
  text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

export function checkSite(out, base) {
  const wrong = [];
  const ids = new Map();
  const read = (path) => {
    if (!ids.has(path))
      ids.set(path, new Set([...readFileSync(path, "utf8").matchAll(/\sid="([^"]*)"/g)].map((m) => unescape(m[1]))));
    return ids.get(path);
  };
  for (const page of htmlFiles(out)) {
    const name = relative(out, page);
    for (const [, tag, kind, quoted] of readFileSync(page, "utf8").matchAll(/<(\w+)\s[^>]*?\b(href|src)="([^"]*)"/g)) {
      const link = unescape(quoted);
      if (/^[a-z]+:/.test(link)) {
        if (tag !== "a" || kind === "src") wrong.push(`${name}: loads ${link}`);
        continue;
      }
      const [path, anchor] = link.split("#");
      const from = path.startsWith("/") ? out : dirname(page);
      const aim = path ? join(from, decodeURIComponent(path.startsWith("/") ? path.slice(base.length) : path)) : page;
      if (!existsSync(aim) || statSync(aim).isDirectory()) wrong.push(`${name}: ${link}`);
      else if (anchor && aim.endsWith(".html") && !read(aim).has(decodeURIComponent(anchor)))
        wrong.push(`${name}: ${link} (no such heading)`);
    }
  }
  return wrong;
}
