/** What goes beyond CommonMark: fences within fenced code, callouts, tasks, emphasis beside Chinese. */
import { pushBlock } from "./formulas.js";

/** Fenced code, and fences within it, by the same rules as quart_chat/markdown/blocks/fences.py. */
const MAX_DEPTH = 5;
const MAX_LINES = 200;
const FENCE = /^(`{3,}(?=[^`]*$)|~{3,})(.*)$/s;
const MARKDOWN = /^[ \t]*(?:markdown|md|mdx|mdown|qmd|rmd)(?![\w+#.-])/i;
const MATH = /^[ \t]*math[ \t]*$/i;
const BARE = /^[ \t]*$/;
/** The beginning of a block that holds others, or becomes a formula: it may still change. */
export const CHANGING = /^(?:`{3,}|~{3,})[ \t]*(?:markdown|md|mdx|mdown|qmd|rmd|math)(?![\w+#.-])/i;

export function addFences(markdown) {
  markdown.block.ruler.at("fence", fenceRule, {
    alt: ["paragraph", "reference", "blockquote", "list"],
  });
}

function fenceRule(state, start, end, silent) {
  const fence = fenceAt(state, start);
  if (!fence || silent) return Boolean(fence);
  const [last, closed] = closing(state, start + 1, end, fence, 1);
  state.line = last + Number(closed);
  const content = state.getLines(start + 1, last, state.sCount[start], true);
  if (closed && MATH.test(fence.info) && pushBlock(state, start, content, content)) return true;
  const token = state.push("fence", "code", 0);
  token.info = fence.info;
  token.content = content;
  token.markup = fence.marks;
  token.map = [start, state.line];
  return true;
}

function fenceAt(state, line) {
  if (state.sCount[line] - state.blkIndent >= 4) return null;
  const text = state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]);
  const match = FENCE.exec(text);
  return match && { marks: match[1], info: match[2], bare: BARE.test(match[2]) };
}

/** The line that closes a block, or the first after it; and whether it is closed. */
function closing(state, line, end, fence, depth) {
  const nests = depth < MAX_DEPTH && MARKDOWN.test(fence.info);
  for (; line < end && !isOutside(state, line); line += 1) {
    const other = fenceAt(state, line);
    if (!other?.marks.startsWith(fence.marks)) continue;
    if (nests && (!other.bare || opens(state, line, end, fence))) {
      const [last, closed] = closing(state, line + 1, end, other, depth + 1);
      if (!closed) return [last, false];
      line = last;
    } else if (other.bare) {
      return [line, true];
    }
  }
  return [line, false];
}

/** While a text is being written, what follows a fence may still close the block that it opens. */
function opens(state, line, end, fence) {
  if (!hasText(state, line + 1, end)) return false;
  const last = Math.min(end, line + MAX_LINES);
  for (let following = line + 1; following < last; following += 1) {
    if (isOutside(state, following)) return false;
    const other = fenceAt(state, following);
    if (!other?.marks.startsWith(fence.marks)) continue;
    const begins = state.isEmpty(following - 1) && hasText(state, following + 1, end);
    return other.bare && following > line + 1 && !begins;
  }
  return last === end && Boolean(state.env.unfinished);
}

function hasText(state, line, end) {
  return line < end && !state.isEmpty(line) && !isOutside(state, line);
}

function isOutside(state, line) {
  return !state.isEmpty(line) && state.sCount[line] < state.blkIndent;
}

/** The mark of a callout, by the same rule as quart_chat/markdown/blocks/callouts.py. */
const MARK = /^\[!(note|tip|important|warning|caution)\][+-]?(?:[ \t]+([^ \t\n][^\n]*))?[ \t]*(?:\n|$)/i;

export function addCallouts(markdown) {
  markdown.core.ruler.after("block", "callouts", (state) => {
    state.tokens = state.tokens.flatMap((token, index, tokens) => {
      if (token.type !== "paragraph_open" || tokens[index - 1]?.type !== "blockquote_open") return [token];
      const text = tokens[index + 1];
      const found = MARK.exec(text.content);
      if (!found) return [token];
      const kind = found[1].toLowerCase();
      tokens[index - 1].attrJoin("class", "callout");
      tokens[index - 1].attrJoin("class", `callout-${kind}`);
      text.content = text.content.slice(found[0].length);
      token.hidden = tokens[index + 2].hidden = !text.content;
      const words = found[2] || kind[0].toUpperCase() + kind.slice(1);
      return [...title(token, words, state.Token), token];
    });
  });
}

function title({ level }, content, Token) {
  const open = new Token("paragraph_open", "p", 1);
  const text = new Token("inline", "", 0);
  const close = new Token("paragraph_close", "p", -1);
  open.attrs = [["class", "callout-title"]];
  Object.assign(open, { level, block: true });
  Object.assign(text, { content, children: [], level: level + 1 });
  Object.assign(close, { level, block: true });
  return [open, text, close];
}

/** Emphasis beside Chinese, Japanese and Korean, by the same rules as quart_chat/markdown/flanking.py. */
const CJK =
  /[\u1100-\u11ff\u20a9\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7fb\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uffee\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}\u{1f202}-\u{1f219}\u{1f21b}-\u{1f22e}\u{1f230}\u{1f231}\u{1f237}\u{1f23b}-\u{1f248}\u{1f260}-\u{1f265}\u{20000}-\u{3fffd}\u{e0100}-\u{e01ef}]/u;
const LAST = /(.?)([\ufe00-\ufe0e])$|.$/su;

export function addFlanking(markdown) {
  const { isMdAsciiPunct, isPunctChar, isWhiteSpace } = markdown.utils;

  function side(char) {
    if (!char) return { space: true };
    const code = char.codePointAt(0);
    return {
      cjk: CJK.test(char),
      punctuation: isMdAsciiPunct(code) || isPunctChar(char),
      space: isWhiteSpace(code),
    };
  }

  function before(text) {
    const [last, char, selector] = LAST.exec(text) ?? [""];
    if (selector === "\ufe01" && /[\u2018\u2019\u201c\u201d]/.test(char)) {
      return { cjk: true, punctuation: true };
    }
    return side(char || selector || last);
  }

  markdown.inline.State.prototype.scanDelims = function (start, canSplitWord) {
    let end = start;
    while (end < this.posMax && this.src[end] === this.src[start]) end += 1;
    const left = before(this.src.slice(Math.max(0, start - 3), start));
    const right = side(end < this.posMax ? String.fromCodePoint(this.src.codePointAt(end)) : "");
    let opens = lets(left, right);
    let closes = lets(right, left);
    if (!canSplitWord && opens && closes) {
      const besideCjk = left.cjk || right.cjk;
      opens = left.punctuation || (right.punctuation && besideCjk);
      closes = right.punctuation || (left.punctuation && besideCjk);
    }
    return { can_open: opens, can_close: closes, length: end - start };
  };
}

/** Whether emphasis may begin between two characters; may end, if they are given the other way round. */
function lets(outer, inner) {
  if (inner.space) return false;
  return !inner.punctuation || inner.cjk || outer.space || outer.punctuation || outer.cjk;
}

/** Task lists in Markdown, by the same rules as in quart_chat/markdown/blocks/tasks.py. */
const BOX = /^\[([ xX])\] /;

export function addTasks(markdown) {
  Object.assign(markdown.renderer.rules, {
    task_open: (tokens, index) =>
      `<label><input type="checkbox" disabled${tokens[index].meta ? " checked" : ""}> `,
    task_close: () => "</label>",
  });
}

/** Give each task of a list its checkbox, inside the label with its text. */
export function makeTasks(tokens, Token) {
  tokens.slice(2).forEach(({ children }, index) => {
    const item = tokens[index];
    const first = children?.[0];
    if (item.type !== "list_item_open" || first?.type !== "text") return;
    const box = BOX.exec(first.content);
    if (!box) return;
    first.content = first.content.slice(box[0].length);
    const open = new Token("task_open", "label", 1);
    open.meta = box[1] !== " ";
    children.unshift(open);
    children.push(new Token("task_close", "label", -1));
    item.attrSet("class", "task");
  });
}
