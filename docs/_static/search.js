// Results of the search while one types: sections of chapters, slides, functions and terms, from
// the index that Pagefind wrote. It comes when the search is opened, never with a page.

const PAGE = 6; // results that are fetched at a time, each a file of a kilobyte
const PAUSE = 80; // milliseconds without a key before a query is one
// A word in a heading counts more, in a chapter's most of all; a short passage is no better for it.
const HEADINGS = { Chapter: 6, Glossary: 5, API: 3, Reference: 2, Deck: 1 };
const RANKING = { pageLength: 0.3, metaWeights: { ...HEADINGS, page: 0.2, title: 0, image: 0 } };
const root = new URL(document.documentElement.dataset.content_root, location.href);
// Words of a question that no answer need hold.
const SMALL = new Set(("a an and are as at be by can did do does for from get give how i in is it its my not of on or "
  + "that the there this to was we what when where which who why will with you your").split(" "));
let engine;

function pagefind() {
  engine ??= import(new URL("pagefind/pagefind.js", root)).then(async (found) => {
    await found.options({ excerptLength: 20, noWorker: true, ranking: RANKING });
    await found.init();
    return found;
  });
  return engine;
}

// Results for all words; else without the small ones, else without the one that is found most often
// beside the others. An index that asks for every word would answer a question in words with nothing.
async function findMost(asked) {
  const found = await pagefind();
  const find = async (kept) => ({ kept, results: kept.length ? (await found.search(kept.join(" "))).results : [] });
  const words = asked.split(/\s+/);
  const large = words.filter((word) => !SMALL.has(word.toLowerCase()));
  const fewer = large.length > 1 ? large.map((_, left) => large.filter((_, at) => at !== left)) : [];
  for (const ways of [[words], [large], fewer]) {
    const answers = (await Promise.all(ways.map(find))).filter(({ results }) => results.length);
    answers.sort((one, two) => one.results.length - two.results.length);
    if (answers.length) return { ...answers[0], all: ways[0] === words };
  }
  return { kept: words, results: [], all: true };
}

function saying({ kept, results, all }) {
  const query = `“${kept.join(" ")}”`;
  if (!results.length) return `Nothing found for ${query}.`;
  const count = results.length === 1 ? "1 result" : `${results.length} results`;
  return all ? count : `${count} for ${query}`;
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// The excerpt comes as HTML, of which only the marks are wanted.
function marked(excerpt) {
  const { body } = new DOMParser().parseFromString(excerpt, "text/html");
  return [...body.childNodes].map((node) =>
    node.nodeName === "MARK" ? element("mark", { textContent: node.textContent }) : node.textContent);
}

function kindOf({ meta }) {
  return Object.keys(HEADINGS).find((kind) => meta[kind]);
}

// Of each kind, what has exactly the name that was asked for comes before what has it in its name.
function exactFirst(found, asked) {
  const exact = (one) => one.meta[kindOf(one)].toLowerCase().split(", ").includes(asked.toLowerCase());
  const sorted = [...found].sort((one, two) => exact(two) - exact(one));
  return found.map((one) => {
    const at = sorted.findIndex((next) => kindOf(next) === kindOf(one));
    return sorted.splice(at, 1)[0];
  });
}

function entry({ raw_url, url, excerpt, meta }) {
  const kind = kindOf({ meta });
  const link = element("a", { href: new URL(raw_url ?? url, root) },
    element("span", { className: "kind", textContent: kind }),
    element("strong", { textContent: meta[kind] }));
  if (meta.page !== meta[kind]) link.append(element("span", { className: "from", textContent: ` · ${meta.page}` }));
  link.append(element("span", { className: "excerpt" }, ...marked(excerpt)));
  return element("li", {}, link);
}

// Puts a field's results below its form. Results of an older query are thrown away.
export function attach(form) {
  const field = form.querySelector("input");
  const said = element("p", { className: "said", role: "status" });
  const list = element("ol");
  const more = element("button", { type: "button", textContent: "More results", hidden: true });
  const shown = element("div", { className: "search-results" }, said, list, more);
  form.after(shown);
  let query = "", results = [], waiting;

  async function next() {
    const asked = query;
    const from = list.childElementCount;
    const found = await Promise.all(results.slice(from, from + PAGE).map((result) => result.data()));
    if (asked !== query) return;
    list.append(...exactFirst(found, asked).map(entry));
    more.hidden = list.childElementCount >= results.length;
    if (from) list.children[from]?.firstChild.focus();
  }

  async function search() {
    const asked = (query = field.value.trim());
    if (!asked) {
      said.textContent = "";
      list.replaceChildren();
      more.hidden = true;
      return;
    }
    const answer = await findMost(asked);
    if (asked !== query) return;
    results = answer.results;
    said.textContent = saying(answer);
    list.replaceChildren();
    await next();
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, PAUSE);
  });
  more.addEventListener("click", (event) => {
    event.stopPropagation(); // by keyboard it has no place: the theme takes it for one outside, and closes
    next();
  });
  pagefind();
  const start = form.closest("dialog") ? field.value : new URLSearchParams(location.search).get("q");
  if (start) {
    field.value = start;
    search();
  }
}

const opened = document.querySelector("#pst-search-dialog form");
if (opened) attach(opened);
const standing = document.querySelector(".bd-search-container form");
if (standing && location.protocol !== "file:") {
  document.querySelector(".search-needs").remove();
  attach(standing);
}
