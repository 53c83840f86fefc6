/**
 * Shows Markdown while it is being written.
 *
 * Finished blocks are inserted once and never changed; only the open tail is parsed again, and only
 * its changed elements are updated. So the page doesn't flicker, a selection stays, and a word costs
 * no more in a long answer than in a short one.
 */
import { parseMarkdown } from "./markdown.js";
import { OpenBlock, lineStart } from "./open-block.js";
import { parseNodes, patchChild, patchNodes } from "./patch.js";
import { knowsChunks, loadChunks, placeIn } from "./place-on-demand.js";

// Rendering gets at most this share of the time, however long a single block becomes, and there are
// at least so many milliseconds between two renderings: readers are not faster.
const SHARE = 0.1;
const PAUSE = 30;
// The final HTML is shown in tasks of so many elements: their layout costs more than these scripts.
const SLICE = 300;
// Characters of new text that are shown at once.
const PORTION = 4000;
// The script that divides a text into chunks is loaded for one of more characters.
const LONG = 2000;
// Characters of HTML above which the end is shown in steps: formulas of so many take 60 ms to lay out.
const STEPPED = 30_000;
// Milliseconds.
const LONGEST_FRAME = 100;
// The start of each chunk in the HTML of a text.
const CHUNK = /(?=<div class="chunk">\n)/;

export class MarkdownWriter {
  #element;
  #dress;
  #env = {};
  #colours = null;
  #continues = false;
  #loading = null;
  #final = null;
  #waiting = "";
  #whole = null;
  #open;
  #place;
  /** All text that has been taken. */
  #source = "";
  #tail;
  #frame = 0;
  #notBefore = 0;

  /**
   * @param {Element} element The element to write into.
   * @param {(nodes: Node[]) => Node[]} [dress] Changes parsed Markdown before it is shown.
   */
  constructor(element, dress = (nodes) => nodes) {
    this.#element = element;
    this.#dress = dress;
    this.#begin(placeIn(element));
  }

  /** Start again with a text. */
  set(text) {
    this.#final = null;
    this.#source = "";
    this.#waiting = "";
    this.#whole = null;
    this.#begin(placeIn(this.#element));
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
      this.#lengthen();
    }
    return this.#whole;
  }

  async #finishInSteps(html, make) {
    for (const step of this.#steps(html)) {
      await nextFrame();
      // Another text has taken its place.
      if (this.#final !== html) return this.#whole;
      make(step);
    }
    return nextFrame();
  }

  *#steps(html) {
    let begun = 0;
    for (const part of html.split(CHUNK)) {
      const nodes = this.#dress(parseNodes(part));
      for (let shown = 0; shown < nodes.length; ) yield () => (shown = this.#replace(begun, nodes, shown));
      begun += nodes.length;
    }
    yield () => patchNodes(this.#element, begun, []);
    yield () => this.#colours?.remove();
    // Last, since the heights that are kept are those of the final blocks.
    yield () => this.#lengthen();
  }

  /** Show nodes from an index on, with SLICE elements or a few more; return the index of the next. */
  #replace(begun, nodes, start) {
    let index = start;
    for (let elements = 0; index < nodes.length && elements < SLICE; index += 1) {
      elements += 1 + countElements(nodes[index]);
      patchChild(this.#element, begun + index, nodes[index]);
      const shown = this.#element.childNodes[begun + index];
      if (shown.className === "chunk") keepHeight(shown);
    }
    return index;
  }

  /** From now on blocks out of view keep their heights and are not laid out. */
  #lengthen() {
    const isLong = this.#element.querySelector(":scope > .chunk");
    if (!isLong || this.#element.classList.contains("long")) return;
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
    if (this.#source.length > LONG) loadChunks();
    const place = placeIn(this.#element, this.#place);
    if (place !== this.#place) this.#begin(place);
    const size = knowsChunks() ? PORTION : Math.max(0, PORTION - this.#source.length);
    const text = this.#waiting.slice(0, size);
    this.#waiting = this.#waiting.slice(size);
    this.#source += text;
    this.#tail += text;
  }

  /** Parse the text from its beginning; what is shown of it stays. */
  #begin(place) {
    this.#env = {};
    this.#continues = false;
    this.#open = new OpenBlock();
    this.#place = place;
    this.#tail = this.#source;
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
    const html = this.#place.render(tokens, env, this.#open.weight);
    this.#place.show(this.#dress(parseNodes(html)), this.#open);
    this.#colour();
    this.#settle(text, tokens);
    if (this.#place.divided) this.#lengthen();
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

  /** Finish the blocks that can't change any more, whatever text follows. */
  #settle(text, tokens) {
    const lines = text.split("\n");
    const complete = lines.length - 1;
    // An incomplete line decides nothing.
    const starts = blockStarts(tokens).filter((start) => start < complete);
    const last = starts.at(-1);
    const before = starts.filter((start) => start < last).length;
    const part = tokens.findLast(({ level, meta }) => level === 0 && meta?.offset);
    if (before > 0 && lines[last - 1].trim() === "") {
      const end = lineStart(text, last);
      this.#define(text.slice(0, end));
      this.#advance(tokens, tokens.findIndex(({ level, map }) => level === 0 && map?.[0] === last));
      this.#continues = false;
      this.#open = new OpenBlock();
      this.#tail = text.slice(end);
    } else if (part?.map[0] === 0 && before === 0) {
      this.#advance(tokens, tokens.indexOf(part));
      this.#continues = true;
      this.#tail = text.trimStart().slice(part.meta.offset);
    } else if (starts.length === 1 && last === 0) {
      const next = this.#place.findNext(tokens);
      const line = tokens[next]?.map[0] ?? complete;
      if (line < complete) {
        this.#advance(tokens, next);
        this.#open = this.#open.next(text, tokens);
        this.#tail = text.slice(lineStart(text, line));
      } else if (!this.#place.dividing) {
        this.#tail = this.#open.keep(text, tokens, complete, this.#place.weigh);
      }
    }
  }

  #advance(tokens, end) {
    this.#place.advance(tokens, end, this.#open.weight);
  }

  /** Remember the links that a finished text defines. */
  #define(text) {
    if (text.includes("]:")) parseMarkdown(text, this.#env);
  }
}

/** Let the browser answer its user, and show what has been done; a page that is hidden shows nothing. */
function nextFrame() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, LONGEST_FRAME);
  });
}

/** The number of elements in a node; a text has none. */
function countElements(node) {
  return node.querySelectorAll?.("*").length ?? 0;
}

/** Set the heights that the blocks and chunks of a long text have while they are out of view. */
export function keepHeights(element) {
  const blocks = [...element.children];
  const heights = blocks.map((block) => block.offsetHeight);
  blocks.forEach((block, index) => setHeight(block, heights[index]));
}

/**
 * Lay a chunk out once, also out of view: a wrong height of it would move what is gone to. Out of view
 * the layout is forgotten again: with it the text takes long to move to the log.
 */
function keepHeight(chunk) {
  const inView = chunk.firstElementChild.checkVisibility({ contentVisibilityAuto: true });
  chunk.style.contentVisibility = "visible";
  const height = chunk.offsetHeight;
  chunk.style.contentVisibility = "";
  setHeight(chunk, height);
  if (inView) return;
  chunk.style.display = "none";
  void getComputedStyle(chunk).display;
  chunk.style.display = "";
}

function setHeight(block, height) {
  block.style.containIntrinsicBlockSize = ["auto", `${height}px`].join(" ");
}

function blockStarts(tokens) {
  return tokens
    .filter((token) => token.level === 0 && token.nesting >= 0)
    .map((token) => token.map[0]);
}
