/**
 * The parts of an unfinished block that can't change any more: the rows of a table, the items of a
 * list, the lines of code. They stay on the page and are not parsed again, so the thousandth row
 * costs no more than the tenth. The text after them is parsed as a block of its own, which begins
 * with the lines in `prefix` if it needs them: the head of a table, the fence of code.
 */
import { CHANGING } from "./dialect.js";
import { patchAttributes, patchNodes, patchText } from "./patch.js";

const KINDS = {
  table_open: { find: findRows, patch: patchRows },
  bullet_list_open: { find: findItems, patch: patchItems },
  ordered_list_open: { find: findItems, patch: patchItems },
  fence: { find: findLines, patch: patchLines },
};

export class OpenBlock {
  #kind = null;
  #kept = 0;
  #text = "";
  #loose;
  prefix;
  /** What the kept parts weigh, by the rule in chunks.js. */
  weight = 0;

  constructor(prefix = "", loose = false) {
    this.prefix = prefix;
    this.#loose = loose;
  }

  /** Whether any part is kept. */
  get begun() {
    return this.#kept > 0;
  }

  /**
   * Keep the parts of a shown block that can't change any more.
   * @param {string} text The block, from `prefix` on.
   * @param {object[]} tokens The text's tokens.
   * @param {number} lines The number of complete lines.
   * @param {(tokens: object[]) => number} weigh What tokens weigh.
   * @returns {string} the rest of the text
   */
  keep(text, tokens, lines, weigh) {
    const kind = KINDS[tokens[0].type];
    const { head, from, count, parts } = kind?.find(tokens, lines) ?? { count: 0 };
    if (count <= 0) return text.slice(this.prefix.length);
    this.#kind = kind;
    this.#kept += count;
    this.#loose ||= isLoose(tokens, text);
    // Lines of code without the element around them.
    const code = () => [{ ...tokens[0], content: tokens[0].content.slice(0, count), nesting: -1 }];
    this.weight += weigh(parts ? tokens.slice(parts[0], parts[count]) : code());
    const rest = lineStart(text, from);
    if (kind.patch === patchItems) this.#text += text.slice(0, rest);
    this.prefix = text.slice(0, lineStart(text, head));
    return text.slice(rest);
  }

  /** The same block in the next chunk. */
  next(text, tokens) {
    const prefix = tokens[0].type === "table_open" ? text.slice(0, lineStart(text, 2)) : "";
    return new OpenBlock(prefix, this.#loose || isLoose(tokens, text));
  }

  /** A blank line between two items makes the list loose, which changes earlier items, too. */
  isOutgrown(tokens, text) {
    return this.#kind?.patch === patchItems && !this.#loose && isLoose(tokens, text);
  }

  /** The source text of the kept parts. */
  get text() {
    return this.#text;
  }

  /** Adjust the tokens of the rest as if the kept parts preceded them. */
  adapt(tokens) {
    if (!this.#loose) return;
    const end = tokens.findIndex((token) => token.level === 0 && token.nesting < 0);
    for (const token of tokens.slice(0, end)) {
      if (token.level === 2 && token.hidden) token.hidden = false;
    }
  }

  /** Show the rest after the kept parts. */
  patch(shown, node) {
    this.#kind.patch(shown, node, this.#kept);
  }
}

/** The index at which a line begins in a text. */
export function lineStart(text, line) {
  let start = 0;
  for (let count = 0; count < line; count += 1) start = text.indexOf("\n", start) + 1;
  return start;
}

/** The rows on complete lines but the last, behind which a chunk may end. */
function findRows(tokens, lines) {
  const parts = indices(tokens, ({ type }) => type === "tr_open").slice(1);
  const count = Math.min(parts.length, lines - 2) - 1;
  return { head: 2, from: 2 + count, count, parts };
}

/** The number of items that are followed by another. */
function findItems(tokens, lines) {
  const starts = itemStarts(tokens).filter((start) => start < lines);
  const parts = indices(tokens, ({ level, nesting }) => level === 1 && nesting > 0);
  return { head: 0, from: starts.at(-1), count: starts.length - 1, parts };
}

function indices(tokens, test) {
  return tokens.flatMap((token, index) => (test(token) ? [index] : []));
}

/** All complete lines of code but the last, which may be the closing fence; in characters. */
function findLines(tokens, lines) {
  if (CHANGING.test(tokens[0].markup + tokens[0].info)) return { count: 0 };
  const count = Math.min(lines, tokens[0].map[1]) - 2;
  return { head: 1, from: 1 + count, count: count > 0 ? lineStart(tokens[0].content, count) : 0 };
}

function itemStarts(tokens) {
  const end = tokens.findIndex((token) => token.level === 0 && token.nesting < 0);
  return tokens
    .slice(0, end)
    .filter((token) => token.level === 1 && token.nesting > 0)
    .map((token) => token.map[0]);
}

function isLoose(tokens, text) {
  if (!tokens[0].type.endsWith("_list_open")) return false;
  const end = tokens.findIndex((token) => token.level === 0 && token.nesting < 0);
  const items = tokens.slice(0, end);
  if (items.some((token) => token.level === 2 && token.type === "paragraph_open" && !token.hidden))
    return true;
  const lines = text.split("\n");
  return itemStarts(tokens).some((start) => start > 0 && lines[start - 1].trim() === "");
}

function patchRows(shown, node, kept) {
  patchAttributes(shown, node);
  patchNodes(shown.querySelector("tbody"), kept, [...(node.querySelector("tbody")?.childNodes ?? [])]);
}

/** Items have a line end before, between and after them. */
function patchItems(shown, node, kept) {
  patchNodes(shown, 1 + 2 * kept, [...node.childNodes].slice(1));
}

function patchLines(shown, node, kept) {
  const code = shown.querySelector("code").firstChild;
  patchText(code, code.data.slice(0, kept) + node.querySelector("code").textContent);
}
