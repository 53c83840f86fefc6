/**
 * Where a text that is being written goes on: behind which blocks. Everything before that place is
 * shown and doesn't change any more. A long text is in chunks; chunked-place.js is its place.
 */
import { renderTokens } from "./markdown.js";
import { patchNodes } from "./patch.js";

export class Place {
  #root;
  #finished = 0;
  /** Whether there are chunks. */
  divided = false;
  /** Whether chunks begin in the rest. */
  dividing = false;

  /** @param {Element} root The element of the text. */
  constructor(root) {
    this.#root = root;
  }

  /** What some tokens weigh, by the rule in chunks.js. */
  weigh() {
    return 0;
  }

  /** The index of the token at which the first block of the rest goes on in its last chunk; -1 without one. */
  findNext() {
    return -1;
  }

  /**
   * The HTML of the rest.
   * @param {object[]} tokens
   * @param {object} env
   * @param {number} kept The weight of what is kept of their first block.
   * @returns {string}
   */
  render(tokens, env) {
    return renderTokens(tokens, env);
  }

  /** Show the rest. */
  show(nodes, open) {
    let start = this.#finished;
    if (open.begun) {
      open.patch(this.#root.childNodes[start], nodes.shift());
      start += 1;
    }
    patchNodes(this.#root, start, nodes);
  }

  /** Go on at the token with an index; `kept` is as above. */
  advance(tokens, end) {
    this.#finished += countBlocks(tokens.slice(0, end));
  }
}

/** Each block is one element. */
export function countBlocks(tokens) {
  return tokens.filter(({ level, nesting }) => level === 0 && nesting >= 0).length;
}
