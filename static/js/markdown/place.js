/**
 * Where a text that is being written goes on: in which chunk, and behind which blocks. Everything
 * before that place is shown and doesn't change any more.
 */
import { findChunks, goOn, weighAll } from "./chunks.js";
import { patchNodes } from "./patch.js";

export class Place {
  #root;
  /** The index of the chunk; the blocks before the first chunk are in the root itself. */
  #chunk = -1;
  #finished = 0;
  /** What weighs the frame of a block that goes on from the chunk before: it was counted there. */
  #frame = 0;
  #goesOn = false;
  #weight = 0;

  /** @param {Element} root The element of the text. */
  constructor(root) {
    this.#root = root;
  }

  /** Whether there are chunks. */
  get divided() {
    return this.#chunk >= 0;
  }

  /** Where the tokens of the rest have to be divided; `kept` is the weight of what is shown of their first block. */
  findChunks(tokens, kept) {
    this.#frame = this.#goesOn ? weighAll(goOn(tokens)) : 0;
    const weight = this.#weight + kept - this.#frame;
    return findChunks(tokens, { weight, begun: this.divided });
  }

  /** Show the rest. */
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

  /** Go on at the token with an index; `kept` is as above. */
  advance(tokens, chunks, end, kept) {
    const passed = chunks.filter(({ index }) => index <= end);
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

/** Each block is one element. */
function countBlocks(tokens) {
  return tokens.filter(({ level, nesting }) => level === 0 && nesting >= 0).length;
}
