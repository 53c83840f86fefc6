/**
 * Formulas in Markdown, found by the same rules as in quart_chat/markdown/formulas.py, and shown as
 * source text: the server renders them once a message is final.
 */
const MAX_LENGTH = 2000;
const MAX_LINES = 40;
const PAIRS = [
  ["$$", "$$"],
  ["$", "$"],
  ["\\(", "\\)"],
  ["\\[", "\\]"],
];
const BLOCK_PAIRS = [PAIRS[0], PAIRS[3]];
const WORD = /[A-Za-z0-9]/;
const BLANK = /[ \t\n]/;
const BLANK_END = /[ \t\n]+$/;
const ONLY_BLANKS = /^[ \t\n]*$/;

export function addFormulas(markdown) {
  const { escapeHtml } = markdown.utils;
  markdown.inline.ruler.before("escape", "formula", formula);
  markdown.block.ruler.before("fence", "formula_block", formulaBlock, {
    alt: ["paragraph", "reference", "blockquote", "list"],
  });
  Object.assign(markdown.renderer.rules, {
    formula: (tokens, index) => `<span class="math">${escapeHtml(tokens[index].content)}</span>`,
    formula_block: (tokens, index) =>
      `<div class="math" tabindex="0">${escapeHtml(tokens[index].content)}</div>\n`,
  });
}

/** The end of the formula that begins at a position in a text; 0 if none does. */
function formulaEnd(text, start, end) {
  const pair = PAIRS.find(([opener]) => text.startsWith(opener, start));
  if (!pair) return 0;
  const [opener, closer] = pair;
  const begin = start + opener.length;
  const rest = text.slice(begin, Math.min(end, begin + MAX_LENGTH));
  const length = rest.indexOf(closer);
  if (length < 0) return 0;
  const tex = rest.slice(0, length);
  const after = begin + length + closer.length;
  if (ONLY_BLANKS.test(tex) || tex.includes("`")) return 0;
  if (opener === "$" && !isNoMoney(text, start, tex, after)) return 0;
  return opener === "\\[" && text[after] === "(" ? 0 : after;
}

function isNoMoney(text, start, tex, after) {
  return !(
    BLANK.test(tex[0]) ||
    /[ \t\n\\]/.test(tex.at(-1)) ||
    WORD.test(text[start - 1] ?? "") ||
    WORD.test(text[after] ?? "") ||
    text[after] === "$"
  );
}

function formula(state, silent) {
  if (!"$\\".includes(state.src[state.pos])) return false;
  const end = formulaEnd(state.src, state.pos, state.posMax);
  if (!end) return false;
  if (!silent) state.push("formula", "", 0).content = state.src.slice(state.pos, end);
  state.pos = end;
  return true;
}

function formulaBlock(state, start, end, silent) {
  if (state.sCount[start] - state.blkIndent >= 4) return false;
  const first = lineText(state, start);
  const pair = BLOCK_PAIRS.find(([opener]) => first.startsWith(opener));
  const line = pair ? lastLine(state, start, end, pair) : -1;
  if (line < 0) return false;
  const [opener, closer] = pair;
  const raw = state
    .getLines(start, line + 1, state.sCount[start], false)
    .replace(/^[ \t\n]+/, "")
    .replace(BLANK_END, "");
  const tex = raw.slice(opener.length, -closer.length);
  if (ONLY_BLANKS.test(tex) || tex.includes(closer) || tex.includes("`")) return false;
  if (tex.length > MAX_LENGTH) return false;
  if (silent) return true;
  const token = state.push("formula_block", "", 0);
  token.block = true;
  token.map = [start, line + 1];
  token.content = raw;
  state.line = line + 1;
  return true;
}

/** The line that ends with the closer, before a blank line or the end of the container; or -1. */
function lastLine(state, start, end, [opener, closer]) {
  for (let line = start; line < Math.min(end, start + MAX_LINES); line += 1) {
    if (state.isEmpty(line) || state.sCount[line] < state.blkIndent) return -1;
    const text = lineText(state, line).replace(BLANK_END, "");
    if ((line === start ? text.slice(opener.length) : text).endsWith(closer)) return line;
  }
  return -1;
}

function lineText(state, line) {
  return state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]);
}
