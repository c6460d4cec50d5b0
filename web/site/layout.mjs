// The one layout of all pages. No script stands in a page, so a strict content policy takes it as it is.
import { escape } from "./render.mjs";

const ICONS = {
  menu: '<path d="M3 6h18M3 12h18M3 18h18"/>',
  search: '<circle cx="11" cy="11" r="7"/><path d="m20 20-4-4"/>',
  theme: '<circle cx="12" cy="12" r="8"/><path d="M12 4v16a8 8 0 0 0 0-16z" fill="currentColor"/>',
};
const icon = (name) =>
  '<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.8" ' +
  `stroke-linecap="round" aria-hidden="true">${ICONS[name]}</svg>`;

function navigation(nav, page, to) {
  const link = (entry) => {
    const here = entry.stem === page.stem ? ' aria-current="page"' : "";
    const below = entry.below?.some((b) => b.stem === page.stem) || (entry.below && entry.stem === page.stem);
    const inner = below ? `<ul>${entry.below.map(link).join("")}</ul>` : "";
    return `<li><a href="${to(entry.stem)}"${here}>${escape(entry.text)}</a>${inner}</li>`;
  };
  return nav
    .map(
      (kind) =>
        `<section><h2>${escape(kind.title)}</h2>` +
        kind.groups
          .filter((group) => group.links.length)
          .map(
            (group) =>
              `${group.title ? `<h3>${escape(group.title)}</h3>` : ""}<ul>${group.links.map(link).join("")}</ul>`,
          )
          .join("") +
        "</section>",
    )
    .join("\n");
}

function onThisPage(headings) {
  const shown = headings.filter((h) => h.level === 2 || h.level === 3);
  if (shown.length < 2) return "";
  const items = shown.map((h) => `<li class="h${h.level}"><a href="#${h.id}">${escape(h.text)}</a></li>`).join("");
  return `<aside class="toc"><nav aria-labelledby="toc-title"><h2 id="toc-title">On this page</h2><ul>${items}</ul></nav></aside>`;
}

const neighbour = (entry, to, rel, word) =>
  entry ? `<a rel="${rel}" href="${to(entry.stem)}"><small>${word}</small>${escape(entry.text)}</a>` : "<span></span>";

/** `to(stem)` leads from this page to another, `asset(name)` to a file of the site. */
export function layout({ page, nav, html, headings, to, asset, before, after }) {
  const title = page.stem === "index" ? "Cardea documentation" : `${page.title} · Cardea`;
  const beside = page.absolute ? "" : to(page.stem, page.raw ? "" : ".md");
  const markdown = beside && `<a href="${beside}">${page.raw ? "The file itself" : "This page as Markdown"}</a>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
${page.about ? `<meta name="description" content="${escape(page.about)}">` : ""}
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${asset("icon.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="${asset("site.css")}">
${beside && !page.raw ? `<link rel="alternate" type="text/markdown" href="${to(page.stem, ".md")}">` : ""}
<script src="${asset("theme.js")}"></script>
<script src="${asset("site.js")}" defer></script>
</head>
<body data-root="${asset("").replace(/assets\/$/, "")}">
<a class="skip" href="#content">To the content</a>
<header class="top">
<button class="plain" id="menu" aria-expanded="false" aria-controls="nav" aria-label="Contents">${icon("menu")}</button>
<a class="name" href="${to("index")}"><img src="${asset("icon.svg")}" width="22" height="22" alt="">Cardea <span>docs</span></a>
<form class="search" role="search">
<label for="q" class="hidden">Search</label>
${icon("search")}
<input id="q" type="search" placeholder="Search" autocomplete="off"
 role="combobox" aria-expanded="false" aria-controls="found" aria-autocomplete="list">
<kbd aria-hidden="true">/</kbd>
<ul id="found" role="listbox" aria-label="Found" hidden></ul>
</form>
<button class="plain" id="theme" aria-label="Light or dark">${icon("theme")}</button>
</header>
<div class="columns">
<nav id="nav" aria-label="Documentation">
${navigation(nav, page, to)}
</nav>
<main id="content" class="${page.stem === "index" ? "start" : "page"}">
<article>
${page.kind ? `<p class="kind">${escape(page.kind)}</p>` : ""}
${html}
</article>
<footer>
<nav class="neighbours" aria-label="Before and after">${neighbour(before, to, "prev", "Before")}${neighbour(after, to, "next", "Next")}</nav>
<p>${markdown}<a href="${asset("../llms.txt")}">All pages for a model</a></p>
</footer>
</main>
${onThisPage(headings)}
</div>
</body>
</html>
`;
}
