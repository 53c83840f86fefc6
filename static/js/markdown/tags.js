/** Harmless HTML within Markdown, by the same rules as quart_chat/markdown/tags.py. */
const MAX_DEPTH = 10;
const MAX_DETAILS = 5;
const ALONE = new Set(["br", "wbr"]);
const PAIRED = new Set(
  "abbr b bdi cite code del dfn em i ins kbd mark q rp rt ruby s samp small strong sub sup u var".split(" "),
);
const TAG = /<(\/?)([A-Za-z]{1,10})(?:[ \t\n][^<>]*|\/)?>/y;
const DETAILS = /^<details(?:[ \t][^<>]*)?>[ \t]*/i;
const BEGINS = /^[ \t>*+.\-0-9]*<details(?:[ \t][^<>]*)?>/i;
const END = /<\/details[ \t]*>[ \t]*$/i;
const SUMMARY = /^[ \t\n]*<summary(?:[ \t][^<>]*)?>([^\0]{0,500}?)<\/summary[ \t]*>[ \t]*/i;
const FENCE = /^(?:`{3,}[^`]*$|~{3,})/;

export function addTags(markdown) {
  markdown.inline.ruler.before("autolink", "tag", tag);
  markdown.core.ruler.after("inline", "tags", ({ tokens }) => {
    for (const { children } of tokens) if (children) match(children);
  });
  markdown.block.ruler.before("fence", "details", details, {
    alt: ["paragraph", "reference", "blockquote", "list"],
  });
  Object.assign(markdown.renderer.rules, {
    tag: (tokens, index) => `<${tokens[index].tag}>`,
    details_open: () => "<details>\n",
    summary_open: () => "<summary>",
    summary_close: () => "</summary>\n",
  });
}

function tag(state, silent) {
  if (state.src[state.pos] !== "<") return false;
  TAG.lastIndex = state.pos;
  const [found, slash, written] = TAG.exec(state.src) ?? [];
  const name = written?.toLowerCase();
  if (!found || !(PAIRED.has(name) || (!slash && ALONE.has(name)))) return false;
  if (state.pos + found.length > state.posMax) return false;
  if (!silent) state.push("tag", slash + name, 0).content = found;
  state.pos += found.length;
  return true;
}

/** Make text of the tags that have no partner at the same place of the markup. */
function match(tokens) {
  const open = [];
  let depth = 0;
  for (const token of tokens) {
    const isTag = token.type === "tag";
    if (isTag && PAIRED.has(token.tag) && depth < MAX_DEPTH) {
      depth += 1;
      open.push(token);
    } else if (isTag && !ALONE.has(token.tag)) {
      depth -= close(open, token);
    } else if (token.nesting > 0) {
      open.push(token);
    } else if (token.nesting < 0) {
      for (; open.at(-1)?.type === "tag"; depth -= 1) makeText(open.pop());
      open.pop();
    }
  }
  open.forEach(makeText);
}

/** Match a tag that closes; returns the number of open tags that are none any more. */
function close(open, token) {
  const outer = open.findLastIndex(({ type }) => type !== "tag");
  const place = open.findLastIndex(({ tag }, at) => at > outer && `/${tag}` === token.tag);
  if (place < 0) {
    makeText(token);
    return 0;
  }
  const closed = open.splice(place);
  closed.slice(1).forEach(makeText);
  return closed.length;
}

function makeText(token) {
  if (token.type === "tag") token.type = "text";
}

function details(state, start, end, silent) {
  const depth = state.env.details ?? 0;
  if (state.sCount[start] - state.blkIndent >= 4 || depth >= MAX_DETAILS) return false;
  if (!DETAILS.test(lineText(state, start))) return false;
  if (silent) return true;
  const [last, closed] = lastLine(state, start, end);
  const after = last + Number(closed);
  const token = state.push("details_open", "details", 1);
  token.block = true;
  token.map = [start, after];
  let content = state.getLines(start, after, state.blkIndent, false);
  content = content.replace(/^[ \t]+/, "").replace(DETAILS, "");
  if (closed) content = content.replace(END, "");
  content = pushSummary(state, content);
  state.env.details = depth + 1;
  parse(state, content);
  state.env.details = depth;
  state.push("details_close", "details", -1);
  state.line = after;
  return true;
}

function lineText(state, line) {
  return state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]);
}

/** The line that ends with `</details>`, or the first after the block; and whether it does. */
function lastLine(state, start, end) {
  let depth = 0;
  let fence = "";
  for (let line = start; line < end; line += 1) {
    if (!state.isEmpty(line) && state.sCount[line] < state.blkIndent) return [line, false];
    const text = lineText(state, line);
    if (FENCE.test(text) && (!fence || fence === text[0])) {
      fence = fence ? "" : text[0];
    } else if (!fence) {
      depth += Number(BEGINS.test(text)) - Number(END.test(text));
      if (depth < 1) return [line, true];
    }
  }
  return [end, false];
}

/** Add the summary if there is one; returns the rest of the content. */
function pushSummary(state, content) {
  const found = SUMMARY.exec(content);
  if (!found) return content;
  state.push("summary_open", "summary", 1);
  const token = state.push("inline", "", 0);
  token.content = found[1].replace(/^[ \t\n]+|[ \t\n]+$/g, "");
  token.children = [];
  state.push("summary_close", "summary", -1);
  return content.slice(found[0].length);
}

function parse(state, content) {
  const tokens = [];
  state.md.block.parse(content, state.md, state.env, tokens);
  for (const token of tokens) token.level += state.level;
  state.tokens.push(...tokens);
}
