/**
 * Colours for code that is being written. They are ranges of the page's highlights, which change no
 * element and no layout; the server's colours take their place once the message is final.
 */
const LANGUAGES = {
  "#": "bash docker dockerfile make makefile nginx py python python3 rb ruby sh shell toml yaml yml",
  "//": "c c++ cpp cs css go java javascript js json jsx kotlin php rs rust scss swift ts tsx typescript",
  "--": "lua sql",
};
const COMMENTS = new Map(
  Object.entries(LANGUAGES).flatMap(([mark, names]) => names.split(" ").map((name) => [name, mark])),
);
const KEYWORDS =
  "and as async await break case catch class const continue def default del do elif else enum except export extends finally fn for from func function global if impl import in interface is lambda let match mod module mut namespace new not null or package pass private protected pub public raise return select static struct super switch then this throw trait try type typeof use var void where while with yield true false True False None nil self local end begin insert update delete create table into values set join on group by order";
const REST = String.raw`(?<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?<number>\b\d[\w.]*)|(?<keyword>\b(?:${KEYWORDS.replaceAll(" ", "|")})\b)`;
// As many characters as the server colours.
const MOST = 8000;
const done = new WeakMap();

/** Colour the complete lines of the code in an element that are new. */
export function colour(element) {
  if (!globalThis.CSS?.highlights) return;
  for (const code of element.querySelectorAll("pre > [class]")) {
    const mark = COMMENTS.get(code.className.slice("language-".length).toLowerCase());
    if (mark && code.firstChild?.data) colourLines(code.firstChild, mark);
  }
}

/** Remove all such colours. */
export function remove() {
  for (const highlight of globalThis.CSS?.highlights?.values() ?? []) highlight.clear();
}

function colourLines(text, mark) {
  const from = done.get(text) ?? 0;
  const end = Math.min(MOST, text.data.lastIndexOf("\n") + 1);
  if (end <= from) return;
  done.set(text, end);
  const flags = mark === "--" ? "gi" : "g";
  const tokens = new RegExp(`(?<comment>${mark}.*|/\\*.*?\\*/)|${REST}`, flags);
  for (const { groups, index, 0: found } of text.data.slice(from, end).matchAll(tokens)) {
    const range = new Range();
    range.setStart(text, from + index);
    range.setEnd(text, from + index + found.length);
    add(Object.keys(groups).find((name) => groups[name]), range);
  }
}

function add(name, range) {
  if (!CSS.highlights.has(name)) CSS.highlights.set(name, new Highlight());
  CSS.highlights.get(name).add(range);
}
