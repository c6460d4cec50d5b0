// Copying, the theme, the contents on a phone, search. Everything else works without a script.
"use strict";
const root = document.body.dataset.root;
const nav = document.getElementById("nav");

for (const block of document.querySelectorAll(".code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const text = block.dataset.copy ?? block.querySelector("code").textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(block.querySelector("code"));
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  block.append(button);
}

document.getElementById("theme").addEventListener("click", () => {
  const html = document.documentElement;
  const dark = html.dataset.theme ? html.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  html.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("cardea-theme", html.dataset.theme);
  } catch {
    // Not kept, then.
  }
});

const menu = document.getElementById("menu");
function showMenu(open) {
  menu.setAttribute("aria-expanded", String(open));
  document.body.classList.toggle("menu", open);
}
menu.addEventListener("click", () => showMenu(menu.getAttribute("aria-expanded") !== "true"));
document.addEventListener("keydown", (event) => event.key === "Escape" && showMenu(false));
const current = nav.querySelector("[aria-current]");
if (current && current.offsetTop > nav.clientHeight - 80) nav.scrollTop = current.offsetTop - nav.clientHeight / 3;

// ---- search: titles and headings, read when it is first needed ----
const input = document.getElementById("q");
const list = document.getElementById("found");
let chosen = -1;

function load() {
  if (load.asked) return load.asked;
  load.asked = new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = `${root}assets/search.js`;
    script.onload = () => resolve(window.cardeaPages);
    script.onerror = () => resolve([]);
    document.head.append(script);
  });
  return load.asked;
}

function score(text, words) {
  const low = text.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const at = low.indexOf(word);
    if (at < 0) return 0;
    sum += at === 0 ? 4 : /[\s_\-./`]/.test(low[at - 1]) ? 3 : 1;
  }
  return sum / words.length;
}

function find(pages, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = [];
  for (const [title, url, kind, headings] of pages) {
    const whole = score(title, words);
    if (whole) hits.push({ title, url, kind, rank: whole + 2 });
    for (const [text, id] of headings) {
      const rank = score(`${text} ${title}`, words);
      if (rank && score(text, words.slice(0, 1))) hits.push({ title: text, url: `${url}#${id}`, kind: title, rank });
    }
  }
  return hits.sort((a, b) => b.rank - a.rank).slice(0, 9);
}

function show(hits) {
  chosen = hits.length ? 0 : -1;
  list.replaceChildren(
    ...hits.map((hit, i) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      const where = document.createElement("small");
      item.id = `found-${i}`;
      item.role = "option";
      link.href = root + hit.url;
      link.tabIndex = -1;
      link.textContent = hit.title;
      where.textContent = hit.kind;
      link.append(where);
      item.append(link);
      return item;
    }),
  );
  if (!hits.length && input.value.trim()) {
    const none = document.createElement("li");
    none.className = "none";
    none.textContent = "Nothing has these words in a title or heading.";
    list.append(none);
  }
  list.hidden = !input.value.trim();
  mark();
}

function mark() {
  [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === chosen)));
  input.setAttribute("aria-expanded", String(!list.hidden));
  if (chosen >= 0) input.setAttribute("aria-activedescendant", `found-${chosen}`);
  else input.removeAttribute("aria-activedescendant");
}

input.addEventListener("focus", load);
input.addEventListener("input", async () => show(input.value.trim() ? find(await load(), input.value) : []));
input.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const links = list.querySelectorAll("a");
  if (step && links.length) {
    event.preventDefault();
    chosen = (chosen + step + links.length) % links.length;
    mark();
  } else if (event.key === "Escape") {
    input.value = "";
    show([]);
    input.blur();
  }
});
document.querySelector(".search").addEventListener("submit", (event) => {
  event.preventDefault();
  list.querySelectorAll("a")[chosen]?.click();
});
document.addEventListener("click", (event) => event.target.closest(".search") || show((input.value = "") || []));
document.addEventListener("keydown", (event) => {
  if (
    event.key !== "/" ||
    event.ctrlKey ||
    event.metaKey ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName)
  )
    return;
  event.preventDefault();
  input.focus();
});
