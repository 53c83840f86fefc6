/**
 * Shows Markdown while it is being written.
 *
 * Finished blocks are inserted once and never changed; only the open tail is parsed again, and only
 * its changed elements are updated. So the page doesn't flicker, a selection stays, and a word costs
 * no more in a long answer than in a short one.
 */
import { parseMarkdown, renderTokens } from "./markdown.js";
import { OpenBlock, lineStart } from "./open-block.js";
import { parseNodes, patchChild, patchNodes } from "./patch.js";

// Rendering gets at most this share of the time, however long a single block becomes, and there are
// at least so many milliseconds between two renderings: readers are not faster.
const SHARE = 0.1;
const PAUSE = 30;
// The final HTML is shown in tasks of so many elements: their layout costs more than these scripts.
const SLICE = 300;
// Characters of new text that are shown at once.
const CHUNK = 10_000;
// Of a text with more characters the browser lays out only those blocks that are in view.
const LONG = 20_000;
// Characters of HTML above which the end is shown in steps: formulas of so many take 60 ms to lay out.
const STEPPED = 30_000;

export class MarkdownWriter {
  #element;
  #dress;
  #env = {};
  #colours = null;
  #continues = false;
  #loading = null;
  #final = null;
  #finished = 0;
  #length = 0;
  #waiting = "";
  #whole = null;
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
    this.#continues = false;
    this.#final = null;
    this.#finished = 0;
    this.#length = 0;
    this.#waiting = "";
    this.#whole = null;
    this.#open = new OpenBlock();
    this.#tail = "";
    this.append(text);
  }

  /** Add to the text; it is shown with the next frame. */
  append(text) {
    this.#waiting += text;
    this.#frame ||= requestAnimationFrame((now) => this.#paint(now));
  }

  /**
   * Show the final HTML; only elements that differ are replaced. Of a long text each step is a task
   * of its own, so that the page goes on answering.
   * @param {string} html
   * @param {(step: () => void) => void} [make] Makes each of the steps.
   * @returns {Promise<void> | null} when it is shown; null if it is already
   */
  finish(html, make = (step) => step()) {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#final = html;
    this.#whole = html.length > STEPPED ? this.#finishInSteps(html, make) : null;
    if (!this.#whole) {
      patchNodes(this.#element, 0, this.#dress(parseNodes(html)));
      this.#colours?.remove();
      if (html.length > LONG) this.#lengthen();
    }
    return this.#whole;
  }

  async #finishInSteps(html, make) {
    for (const step of this.#steps(html)) {
      await nextTask();
      // Another text has taken its place.
      if (this.#final !== html) return this.#whole;
      make(step);
    }
    return nextTask();
  }

  *#steps(html) {
    let nodes;
    yield () => (nodes = this.#dress(parseNodes(html)));
    for (let shown = 0; shown < nodes.length; ) yield () => (shown = this.#replace(nodes, shown));
    yield () => patchNodes(this.#element, nodes.length, []);
    yield () => this.#colours?.remove();
    // Last, since the heights that are kept are those of the final blocks.
    yield () => this.#lengthen();
  }

  /** Show nodes from an index on, with SLICE elements or a few more; return the index of the next. */
  #replace(nodes, start) {
    let index = start;
    for (let elements = 0; index < nodes.length && elements < SLICE; index += 1) {
      elements += 1 + countElements(nodes[index]);
      patchChild(this.#element, index, nodes[index]);
    }
    return index;
  }

  /** From now on blocks out of view keep their heights and are not laid out. */
  #lengthen() {
    if (this.#element.classList.contains("long")) return;
    keepHeights(this.#element);
    this.#element.classList.add("long");
  }

  #paint(now) {
    this.#frame = 0;
    if (now < this.#notBefore) {
      this.append("");
      return;
    }
    const begun = performance.now();
    this.#take();
    this.#render();
    const ended = performance.now();
    this.#notBefore = Math.max(now + PAUSE, ended + (ended - begun) / SHARE);
    if (this.#waiting) this.append("");
  }

  #take() {
    const text = this.#waiting.slice(0, CHUNK);
    this.#waiting = this.#waiting.slice(CHUNK);
    this.#tail += text;
    this.#length += text.length;
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

  /** Colour new code; the script for that is loaded with the first code. */
  #colour() {
    const blocks = [...this.#element.children].slice(-2);
    if (!blocks.some((block) => block.querySelector("pre") ?? block.matches("pre"))) return;
    if (this.#colours) for (const block of blocks) this.#colours.colour(block);
    else this.#loading ??= import("./colours.js").then((colours) => (this.#colours = colours), () => {});
  }

  #parse() {
    const text = this.#open.prefix + this.#tail;
    // Link definitions in the tail may still change: don't keep them.
    const references = { ...this.#env.references };
    const env = { references, unfinished: true, continues: this.#continues };
    return [text, parseMarkdown(text, env), env];
  }

  #show(nodes) {
    let start = this.#finished;
    if (this.#open.begun) {
      this.#open.patch(this.#element.childNodes[start], nodes.shift());
      start += 1;
    }
    patchNodes(this.#element, start, nodes);
    if (this.#length > LONG) this.#lengthen();
    this.#colour();
  }

  /** Finish the blocks that can't change any more, whatever text follows. */
  #settle(text, tokens) {
    const lines = text.split("\n");
    const complete = lines.length - 1;
    // Each block is one element. An incomplete line decides nothing.
    const starts = blockStarts(tokens).filter((start) => start < complete);
    const last = starts.at(-1);
    const before = starts.filter((start) => start < last).length;
    const part = tokens.findLast(({ level, meta }) => level === 0 && meta?.offset);
    if (before > 0 && lines[last - 1].trim() === "") {
      const end = lineStart(text, last);
      this.#define(text.slice(0, end));
      this.#finished += before;
      this.#continues = false;
      this.#open = new OpenBlock();
      this.#tail = text.slice(end);
    } else if (part?.map[0] === 0 && before === 0) {
      this.#finished += tokens.filter(({ level, meta }) => level === 0 && meta?.offset).length;
      this.#continues = true;
      this.#tail = text.trimStart().slice(part.meta.offset);
    } else if (starts.length === 1 && last === 0) {
      this.#tail = this.#open.keep(text, tokens, complete);
    }
  }

  /** Remember the links that a finished text defines. */
  #define(text) {
    if (text.includes("]:")) parseMarkdown(text, this.#env);
  }
}

/** Let the browser answer its user before the work goes on. */
function nextTask() {
  return globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
}

/** The number of elements in a node; a text has none. */
function countElements(node) {
  return node.querySelectorAll?.("*").length ?? 0;
}

/** Set the heights that the blocks of a long text have while they are out of view. */
export function keepHeights(element) {
  const blocks = [...element.children];
  const heights = blocks.map((block) => block.offsetHeight);
  blocks.forEach((block, index) => {
    block.style.containIntrinsicBlockSize = ["auto", `${heights[index]}px`].join(" ");
  });
}

function blockStarts(tokens) {
  return tokens
    .filter((token) => token.level === 0 && token.nesting >= 0)
    .map((token) => token.map[0]);
}
