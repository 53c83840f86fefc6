/**
 * Very long texts in chunks that the browser shows one by one, by the same rule as
 * quart_chat/markdown/chunks.py.
 */
const FIRST = 600;
const NEXT = 300;
const MARK = /[*_`~[\]<]/g;
const TEX = /[$\\^{}]/g;
const LINE = 64;
const CODE = 16;
const DIVISIBLE = new Set([
  "blockquote_open",
  "bullet_list_open",
  "list_item_open",
  "ordered_list_open",
  "table_open",
  "tbody_open",
]);
const DEPTHS = { list_item_open: 1, tr_open: 2 };
const WITHIN_A_TABLE = new Set(["thead_open", "tbody_open"]);

/**
 * Where chunks begin.
 * @param {object[]} tokens
 * @param {{weight: number, begun: boolean}} before The chunk to which the tokens are added.
 * @returns {{index: number, open: object[]}[]} the token that begins each chunk, and what is open there
 */
export function findChunks(tokens, { weight, begun }) {
  const found = [];
  const open = [];
  let limit = begun ? NEXT : FIRST;
  tokens.forEach((token, index) => {
    const deep = !isBetweenParts(token, open);
    if (weight >= limit * (deep ? 2 : 1) && mayBegin(token, tokens[index - 1], open)) {
      found.push({ index, open: [...open] });
      weight = 0;
      limit = NEXT;
    }
    weight += weigh(token);
    if (token.nesting > 0) open.push(token);
    else if (token.nesting < 0) open.pop();
  });
  return found;
}

/** The tokens with their chunks. */
export function divide(tokens, chunks) {
  if (chunks.length === 0) return tokens;
  const Token = tokens[0].constructor;
  const divided = tokens.slice(0, chunks[0].index);
  chunks.forEach(({ index, open }, number) => {
    const reopened = open.flatMap((token) => reopen(token, open, tokens, index));
    divided.push(
      ...[...open].reverse().map((token) => close(token, Token)),
      ...(number ? [chunkToken(-1, Token)] : []),
      chunkToken(1, Token),
      ...reopened,
      ...tokens.slice(index, chunks[number + 1]?.index),
    );
  });
  return [...divided, chunkToken(-1, Token)];
}

/** How many elements take as long to show as some tokens. */
export function weighAll(tokens) {
  return tokens.reduce((sum, token) => sum + weigh(token), 0);
}

/** Give the first of some tokens the marks of a block that goes on; return the tokens that are only its frame. */
export function goOn(tokens) {
  const isTable = tokens[0].type === "table_open";
  if (isTable) tokens[0].attrSet("class", "long part");
  else tokens[0].attrJoin("class", "part");
  return tokens.slice(0, isTable ? tokens.findIndex(({ type }) => type === "tbody_open") + 1 : 1);
}

/** The token that begins the last chunk between items or rows of the first block; -1 without one. */
export function findNext(tokens, chunks) {
  return chunks.findLast(({ index, open }) => isBetweenParts(tokens[index], open))?.index ?? -1;
}

/** Whether a token begins a block, or an item or row of one that is within no other. */
function isBetweenParts({ type }, open) {
  return open.length === (DEPTHS[type] ?? 0);
}

function mayBegin(token, previous, open) {
  return (
    token.nesting >= 0 &&
    !WITHIN_A_TABLE.has(token.type) &&
    (previous?.nesting ?? 1) <= 0 &&
    open.every(({ type }) => DIVISIBLE.has(type))
  );
}

function weigh({ content, nesting, type }) {
  const element = Number(nesting >= 0);
  if (type === "fence" || type === "code_block") return element + [...content].length / CODE;
  if (type !== "inline" && type !== "formula_block") return element;
  const [marks, tex] = [MARK, TEX].map((pattern) => content.match(pattern)?.length ?? 0);
  return marks / 2 + 2 * tex + [...content].length / LINE;
}

/** The number that an item has at a token, in a list that goes on there. */
function numberAt(list, open, tokens, index) {
  const from = tokens.indexOf(list);
  const items = tokens
    .slice(from, index)
    .filter(({ level, type }) => type === "list_item_open" && level === list.level + 1).length;
  // An item that goes on has its number again, which is not shown.
  return Number(list.attrGet("start") ?? 1) + items - Number(open.at(-1) !== list);
}

function reopen(token, open, tokens, index) {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(token)), token);
  copy.attrs = token.attrs?.map((pair) => [...pair]) ?? null;
  if (token.type === "ordered_list_open") copy.attrSet("start", numberAt(token, open, tokens, index));
  if (token.type === "table_open") {
    if (!token.attrGet("class")) token.attrSet("class", "long");
    copy.attrSet("class", "long part");
  } else if (token.type === "tbody_open") {
    const head = tokens.slice(tokens.indexOf(open.at(-2)) + 1, tokens.indexOf(token));
    return [...head, copy];
  } else if (!token.attrGet("class")?.split(" ").includes("part")) {
    copy.attrJoin("class", "part");
  }
  return [copy];
}

function close({ level, tag, type }, Token) {
  const token = new Token(type.replace("_open", "_close"), tag, -1);
  return Object.assign(token, { block: true, level });
}

function chunkToken(nesting, Token) {
  const token = new Token(nesting > 0 ? "chunk_open" : "chunk_close", "div", nesting);
  if (nesting > 0) token.attrs = [["class", "chunk"]];
  return Object.assign(token, { block: true });
}
