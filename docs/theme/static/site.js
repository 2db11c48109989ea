// Search in the page's own language: words are looked for as they stand, which suits Chinese too. Nothing is sent anywhere.
const finder = document.querySelector(".finder");
const input = finder.querySelector("input");
const list = finder.querySelector("ol");

const narrow = matchMedia("(max-width: 760px)");
if (narrow.matches) document.querySelector(".contents").removeAttribute("open");

for (const table of document.querySelectorAll("main table")) {
  const frame = document.createElement("div");
  frame.className = "table";
  table.replaceWith(frame);
  frame.append(table);
}

function load() {
  if (window.PAGES) return Promise.resolve(window.PAGES);
  return new Promise((done) => {
    const script = document.createElement("script");
    script.src = finder.dataset.index;
    script.onload = () => done(window.PAGES);
    document.head.append(script);
  });
}

function found(pages, words) {
  const hits = [];
  for (const page of pages) {
    for (const [anchor, title, text] of page.sections) {
      const heading = title.toLowerCase();
      const body = text.toLowerCase();
      if (!words.every((word) => heading.includes(word) || body.includes(word))) continue;
      const score = words.filter((word) => heading.includes(word)).length;
      const at = Math.max(0, body.indexOf(words[0]) - 40);
      hits.push({ url: `${page.url}#${anchor}`, title, page: page.sections[0][1], near: text.slice(at, at + 120), score });
    }
  }
  return hits.sort((a, b) => b.score - a.score).slice(0, 12);
}

function line(hit) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = finder.dataset.root + hit.url;
  link.append(hit.title);
  const small = document.createElement("small");
  small.append(hit.title === hit.page ? hit.near : `${hit.page} – ${hit.near}`);
  link.append(small);
  item.append(link);
  return item;
}

async function look() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  list.hidden = words.length === 0;
  if (list.hidden) return;
  const hits = found(await load(), words);
  const none = document.createElement("li");
  none.className = "none";
  none.append(finder.dataset.nothing);
  list.replaceChildren(...(hits.length ? hits.map(line) : [none]));
}

input.addEventListener("input", look);
document.addEventListener("click", (event) => {
  if (!finder.contains(event.target)) list.hidden = true;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") list.hidden = true;
  if (event.key === "/" && document.activeElement.tagName !== "INPUT") {
    event.preventDefault();
    input.focus();
  }
});
