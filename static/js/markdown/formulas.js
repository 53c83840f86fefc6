/**
 * Formulas in Markdown, found by the same rules as in quart_chat/markdown/math/formulas.py, and shown as
 * source text: the server renders them once a message is final.
 */
const MAX_LENGTH = 2000;
const MAX_LINES = 40;
const PAIRS = [
  ["$$", "$$"],
  ["$`", "`$"],
  ["$", "$"],
  ["\\(", "\\)"],
  ["\\[", "\\]"],
];
const BLOCK_PAIRS = [PAIRS[0], PAIRS[4]];
const ENVIRONMENT =
  /^\\begin\{((?:align|alignat|aligned|array|cases|eqnarray|equation|gather|gathered|multline|split|[bBpvV]?matrix|smallmatrix)\*?)\}/;
const WORD = /[A-Za-z0-9]/;
const BLANK = /[ \t\n]/;
const BLANK_END = /[ \t\n]+$/;
const ONLY_BLANKS = /^[ \t\n]*$/;
const TEXT_BEGINS = /^(?:[)},;:!?%"'\u201d\u201c\u2019\uff09\u3011\u3002\uff0c\u3001]|\]\(|\*\*|-$)/;
const TEXT_ENDS = /(?<!\\left)[(\uff08\u201c]$/;
const TEX = /[\\^_={}]/;
const WORDS = /[ \t\n][A-Za-z\u00c0-\u1fff]{2,}[ \t\n]|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]/;
const CURRENCY = /[ \t\n(](?:AU?|CA?|HK|MX|NT|NZ|R|SG?|US)$/;
const LETTERS = /[A-Za-z\u00c0-\u1fff]{2}/;

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

/** What begins a formula at the start of a text, and what ends it. */
function marks(text, pairs) {
  const environment = ENVIRONMENT.exec(text);
  if (environment) return [environment[0], `\\end{${environment[1]}}`];
  return pairs.find(([opener]) => text.startsWith(opener));
}

/** The end of the formula that begins at a position in a text; 0 if none does. */
function formulaEnd(text, start, end) {
  const pair = marks(text.slice(start, start + 30), PAIRS);
  if (!pair) return 0;
  const [opener, closer] = pair;
  const begin = start + opener.length;
  const rest = text.slice(begin, Math.min(end, begin + MAX_LENGTH));
  const length = rest.indexOf(closer);
  if (length < 0) return 0;
  const tex = rest.slice(0, length);
  const after = begin + length + closer.length;
  if (ONLY_BLANKS.test(tex) || tex.includes("`")) return 0;
  if ((opener === "$" || opener === "$$") && !isMath(text, start, opener, tex, after)) return 0;
  return opener === "\\[" && text[after] === "(" ? 0 : after;
}

function isMath(text, start, opener, tex, after) {
  if (text[after] === "$" || TEXT_BEGINS.test(tex) || TEXT_ENDS.test(tex)) return false;
  return (
    opener === "$$" ||
    !(
      BLANK.test(tex[0]) ||
      /[ \t\n\\]/.test(tex.at(-1)) ||
      WORD.test(text[start - 1] ?? "") ||
      WORD.test(text[after] ?? "") ||
      isAmount(tex)
    )
  );
}

/** Whether what is between two dollar signs reads as "5 or 10" or "5 (US". */
function isAmount(tex) {
  if (TEX.test(tex)) return false;
  if (tex.split("(").length !== tex.split(")").length && LETTERS.test(tex)) return true;
  return /^[0-9]/.test(tex) && (WORDS.test(tex) || CURRENCY.test(tex));
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
  const pair = marks(lineText(state, start), BLOCK_PAIRS);
  const line = pair ? lastLine(state, start, end, pair) : -1;
  if (line < 0) return false;
  const [opener, closer] = pair;
  const raw = state
    .getLines(start, line + 1, state.sCount[start], false)
    .replace(/^[ \t\n]+/, "")
    .replace(BLANK_END, "");
  const tex = raw.slice(opener.length, -closer.length);
  if (tex.includes(closer) || !isShown(tex)) return false;
  if (silent) return true;
  state.line = line + 1;
  return pushBlock(state, start, opener.includes("{") ? raw : tex, raw);
}

/** Add a formula on lines of its own, up to the line of the state; false if it is none. */
export function pushBlock(state, start, tex, raw) {
  if (!isShown(tex)) return false;
  const token = state.push("formula_block", "", 0);
  token.block = true;
  token.map = [start, state.line];
  token.content = raw;
  return true;
}

function isShown(tex) {
  return !ONLY_BLANKS.test(tex) && !tex.includes("`") && tex.length <= MAX_LENGTH;
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
