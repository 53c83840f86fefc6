/**
 * Shows Markdown while it is being written.
 *
 * Finished blocks are inserted once and never changed; only the open tail is parsed again, and only
 * its changed elements are updated. So the page doesn't flicker, a selection stays, and a word costs
 * no more in a long answer than in a short one.
 */
import { parseMarkdown, renderTokens } from "./markdown.js";
import { OpenBlock, lineStart } from "./open-block.js";
import { parseNodes, patchNodes } from "./patch.js";

// Rendering gets at most this share of the time, however long a single block becomes, and there are
// at least so many milliseconds between two renderings: readers are not faster.
const SHARE = 0.1;
const PAUSE = 30;

export class MarkdownWriter {
  #element;
  #dress;
  #env = {};
  #finished = 0;
  #open = new OpenBlock();
  #tail = "";
  #frame = 0;
  #notBefore = 0;

  /**
   * @param {Element} element The element to write into.
   * @param {(nodes: Node[]) => Node[]} [dress] Changes parsed Markdown before it is shown.
   */
  constructor(element, dress = (nodes) => nodes) {
    this.#element = element;
    this.#dress = dress;
  }

  /** Start again with a text. */
  set(text) {
    this.#env = {};
    this.#finished = 0;
    this.#open = new OpenBlock();
    this.#tail = "";
    this.append(text);
  }

  /** Add to the text; it is shown with the next frame. */
  append(text) {
    this.#tail += text;
    this.#frame ||= requestAnimationFrame((now) => this.#paint(now));
  }

  /** Show the final HTML; only elements that differ are replaced. */
  finish(html) {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    patchNodes(this.#element, 0, this.#dress(parseNodes(html)));
  }

  #paint(now) {
    this.#frame = 0;
    if (now < this.#notBefore) {
      this.append("");
      return;
    }
    const begun = performance.now();
    this.#render();
    const ended = performance.now();
    this.#notBefore = Math.max(now + PAUSE, ended + (ended - begun) / SHARE);
  }

  #render() {
    this.#tail = this.#tail.replace(/\r\n|\r(?=[^])/g, "\n");
    let [text, tokens, env] = this.#parse();
    if (this.#open.isOutgrown(tokens, text)) {
      this.#tail = this.#open.text + this.#tail;
      this.#open = new OpenBlock();
      [text, tokens, env] = this.#parse();
    }
    this.#open.adapt(tokens);
    this.#show(this.#dress(parseNodes(renderTokens(tokens, env))));
    this.#settle(text, tokens);
  }

  #parse() {
    const text = this.#open.prefix + this.#tail;
    // Link definitions in the tail may still change: don't keep them.
    const env = { references: { ...this.#env.references }, unfinished: true };
    return [text, parseMarkdown(text, env), env];
  }

  #show(nodes) {
    let start = this.#finished;
    if (this.#open.begun) {
      this.#open.patch(this.#element.childNodes[start], nodes.shift());
      start += 1;
    }
    patchNodes(this.#element, start, nodes);
  }

  /** Finish the blocks that can't change any more, whatever text follows. */
  #settle(text, tokens) {
    const lines = text.split("\n");
    const complete = lines.length - 1;
    // Each block is one element. An incomplete line decides nothing.
    const starts = blockStarts(tokens).filter((start) => start < complete);
    const last = starts.at(-1);
    if (starts.length > 1 && lines[last - 1].trim() === "") {
      const end = lineStart(text, last);
      this.#define(text.slice(0, end));
      this.#finished += starts.length - 1;
      this.#open = new OpenBlock();
      this.#tail = text.slice(end);
    } else if (starts.length === 1 && last === 0) {
      this.#tail = this.#open.keep(text, tokens, complete);
    }
  }

  /** Remember the links that a finished text defines. */
  #define(text) {
    if (text.includes("]:")) parseMarkdown(text, this.#env);
  }
}

function blockStarts(tokens) {
  return tokens
    .filter((token) => token.level === 0 && token.nesting >= 0)
    .map((token) => token.map[0]);
}
