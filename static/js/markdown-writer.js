/**
 * Shows Markdown while it is being written.
 *
 * Blocks that are finished are put in once and never touched again; only the open tail is parsed
 * anew, and of its elements only what differs is changed. So nothing flickers, what is selected
 * stays selected, and a long answer costs no more a word than a short one.
 */
import { blockStarts, renderMarkdown } from "./markdown.js";
import { parseNodes, patchNodes } from "./patch.js";

// Rendering gets at most this share of the time, however long a single block becomes.
const SHARE = 0.1;

export class MarkdownWriter {
  #element;
  #env = {};
  #finished = 0;
  #tail = "";
  #frame = 0;
  #notBefore = 0;

  /** @param {Element} element What is written into. */
  constructor(element) {
    this.#element = element;
  }

  /** Begin anew with a text. */
  set(text) {
    this.#env = {};
    this.#finished = 0;
    this.#tail = "";
    this.append(text);
  }

  /** Add to the text; it is shown with the next frame. */
  append(text) {
    this.#tail += text;
    this.#frame ||= requestAnimationFrame((now) => this.#paint(now));
  }

  /** Show the final HTML, which replaces what differs from it. */
  finish(html) {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    patchNodes(this.#element, 0, parseNodes(html));
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
    this.#notBefore = ended + (ended - begun) / SHARE;
  }

  #render() {
    const end = finishedLength(this.#tail);
    if (end > 0) {
      const nodes = parseNodes(renderMarkdown(this.#tail.slice(0, end), this.#env));
      const count = nodes.length;
      patchNodes(this.#element, this.#finished, nodes);
      this.#finished += count;
      this.#tail = this.#tail.slice(end);
    }
    // What the tail defines may still change: it must not be kept.
    const env = { references: { ...this.#env.references } };
    patchNodes(this.#element, this.#finished, parseNodes(renderMarkdown(this.#tail, env)));
  }
}

/**
 * How much of a text can't change any more, whatever is added to it: all before the last block, if
 * an empty line stands between. What has no line end yet decides nothing.
 * @param {string} text
 * @returns {number} UTF-16 units
 */
export function finishedLength(text) {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  const last = blockStarts(lines.join("\n")).at(-1) ?? 0;
  if (last === 0 || lines[last - 1].trim() !== "") return 0;
  return lines.slice(0, last).reduce((sum, line) => sum + line.length + 1, 0);
}
