/**
 * Markdown as safe HTML, by the same rules as quart_chat/markdown: CommonMark, tables, strikethrough,
 * task lists, callouts, and addresses as links; of HTML in the text only harmless tags are kept, images
 * become links, and there are no inline styles. The server adds the colours of code, formulas and footnotes once a
 * message is final: until then they are shown as source text.
 */
import MarkdownIt from "../../vendor/markdown-it/index.js";
import { addCallouts, addFences, addFlanking, addTasks, makeTasks } from "./dialect.js";
import { addFormulas } from "./formulas.js";
import { addLinks } from "./links.js";
import { addParts } from "./parts.js";
import { addTags } from "./tags.js";

const MAX_NESTING = 20;
const NO_WIDTH = /\uFEFF/g;
const SAFE_SCHEME = /^(?:https?|mailto):/i;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const LANGUAGE = /^[ \t]*([A-Za-z0-9_+#.-]{1,30})/;
const FOOTNOTE = /^\[\^[^\s[\]^]{1,40}\]:/;

const options = { html: false, xhtmlOut: false, maxNesting: MAX_NESTING };
const markdown = new MarkdownIt("commonmark", options).enable(["table", "strikethrough"]);
const { escapeHtml } = markdown.utils;

markdown.validateLink = (url) => SAFE_SCHEME.test(url) || !SCHEME.test(url);
addFlanking(markdown);
addFences(markdown);
addFormulas(markdown);
addTags(markdown);
addParts(markdown);
addCallouts(markdown);
addTasks(markdown);
markdown.block.ruler.before("reference", "footnote", footnote, { alt: ["paragraph", "reference"] });
markdown.core.ruler.after("block", "trim", trimBlocks);
markdown.core.ruler.push("safe", makeSafe);
addLinks(markdown);
Object.assign(markdown.renderer.rules, {
  fence: (tokens, index) => {
    const language = LANGUAGE.exec(tokens[index].info);
    return renderCode(tokens[index], language ? ` class="language-${language[1]}"` : "");
  },
  code_block: (tokens, index) => renderCode(tokens[index], ""),
  table_open: (tokens, index) => {
    const kind = tokens[index].attrGet("class");
    // A long table needs no place to scroll by itself: it is as wide as the text.
    return kind ? `<div class="table ${kind}"><table>` : '<div class="table" tabindex="0"><table>';
  },
  table_close: () => "</table></div>\n",
});
// Without line ends a long table has half the nodes.
for (const part of ["thead", "tbody", "tr", "th", "td"]) {
  for (const type of [`${part}_open`, `${part}_close`]) {
    markdown.renderer.rules[type] = (tokens, index) => markdown.renderer.renderToken(tokens, index).trimEnd();
  }
}

/**
 * Render a text as HTML that is safe to insert into a page.
 * @param {string} text
 * @param {object} [env] Link definitions of the preceding text; those of this text are added.
 * @returns {string}
 */
export function renderMarkdown(text, env = {}) {
  return renderTokens(parseMarkdown(text, env), env);
}

/**
 * The two halves of `render`, for callers that need the position of each block.
 * @param {string} text
 * @param {object} env
 * @returns {object[]} tokens
 */
export function parseMarkdown(text, env) {
  return markdown.parse(text.replace(NO_WIDTH, ""), env);
}

/** @returns {string} HTML */
export function renderTokens(tokens, env) {
  return markdown.renderer.render(tokens, markdown.options, env);
}

/** The server's library strips any white space from the ends of a block, this one only spaces. */
function trimBlocks(state) {
  for (const token of state.tokens) {
    if (token.type === "inline") token.content = token.content.trim();
  }
}

/** A footnote is a paragraph of its own, not a link definition. */
function footnote(state, start, end, silent) {
  if (state.level > 0 || state.sCount[start] >= 4) return false;
  const line = state.src.slice(state.bMarks[start] + state.tShift[start], state.eMarks[start]);
  if (!FOOTNOTE.test(line)) return false;
  const paragraph = state.md.block.ruler.getRules("").at(-1);
  return silent || paragraph(state, start, end);
}

function makeSafe(state) {
  makeTasks(state.tokens, state.Token);
  for (const token of state.tokens) {
    const style = token.attrGet("style");
    if (style) token.attrs = [["class", style.replace("text-align:", "align-")]];
  }
}

function renderCode(token, attributes) {
  return `<pre tabindex="0"><code${attributes}>${escapeHtml(token.content)}</code></pre>\n`;
}
