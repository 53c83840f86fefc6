/** The place in place.js of a text in chunks: in which chunk it goes on, and behind which blocks. */
import { divide, findChunks, findNext, goOn, weighAll } from "./chunks.js";
import { renderTokens } from "./markdown.js";
import { patchNodes } from "./patch.js";
import { countBlocks } from "./place.js";

export class ChunkedPlace {
  #root;
  /** The index of the chunk; the blocks before the first chunk are in the root itself. */
  #chunk = -1;
  /** The chunks that begin in the rest. */
  #found = [];
  #finished = 0;
  /** What weighs the frame of a block that goes on from the chunk before: it was counted there. */
  #frame = 0;
  #goesOn = false;
  #weight = 0;

  /** @param {Element} root The element of the text. */
  constructor(root) {
    this.#root = root;
  }

  get divided() {
    return this.#chunk >= 0;
  }

  get dividing() {
    return this.#found.length > 0;
  }

  get weigh() {
    return weighAll;
  }

  findNext(tokens) {
    return findNext(tokens, this.#found);
  }

  render(tokens, env, kept) {
    this.#frame = this.#goesOn ? weighAll(goOn(tokens)) : 0;
    const weight = this.#weight + kept - this.#frame;
    this.#found = findChunks(tokens, { weight, begun: this.divided });
    return renderTokens(divide(tokens, this.#found), env);
  }

  show(nodes, open) {
    const element = this.#element;
    const chunks = this.divided ? nodes.filter(({ className }) => className === "chunk") : [];
    const own = nodes.filter((node) => !chunks.includes(node));
    let start = this.#finished;
    if (open.begun) {
      open.patch(element.childNodes[start], own.shift());
      start += 1;
    }
    patchNodes(element, start, own);
    if (this.divided) patchNodes(this.#root, this.#chunk + 1, chunks);
  }

  advance(tokens, end, kept) {
    const passed = this.#found.filter(({ index }) => index <= end);
    const last = passed.at(-1);
    this.#weight += kept - this.#frame;
    if (last) {
      const before = this.#finished + countBlocks(tokens.slice(0, passed[0].index));
      this.#chunk = (this.divided ? this.#chunk : before - 1) + passed.length;
      this.#finished = Number(last.open.length > 0 && last.index < end);
      this.#weight = 0;
    }
    const moved = tokens.slice(last?.index ?? 0, end);
    this.#finished += countBlocks(moved);
    this.#weight += weighAll(moved);
    this.#goesOn = last?.index === end && last.open.length > 0;
  }

  get #element() {
    return this.divided ? this.#root.childNodes[this.#chunk] : this.#root;
  }
}
