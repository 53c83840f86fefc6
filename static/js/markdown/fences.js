/** Fenced code, and fences within it, by the same rules as quart_chat/markdown/fences.py. */
import { pushBlock } from "./formulas.js";

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
