/**
 * The branch of a chat that a page shows: a pure model that says what becomes of it.
 *
 * The rounds of a chat are a tree, and its head says which of its branches is shown. Whoever starts
 * a round moves the head to it; its number is the highest there is. Whoever steps to another
 * version moves the head while nothing runs.
 */
export class Branch {
  #head;
  #seq;

  /**
   * @param {number} head The number of the round that the branch ends with; 0 without one.
   * @param {number} seq The seq of the chat at which that is so.
   */
  constructor(head, seq) {
    this.#head = head;
    this.#seq = seq;
  }

  /** Nothing is known but that the page is to be read again. */
  static unknown() {
    return new Branch(Infinity, 0);
  }

  /** A prompt has come: whether it is a new end of the branch that is shown. */
  extend(number) {
    if (number <= this.#head) return false;
    this.#head = number;
    return true;
  }

  /**
   * The chat's entry has come, from one of two contexts, so perhaps late.
   * @returns {boolean} whether another branch is to be shown
   */
  move({ seq, headRound, status }) {
    if (seq <= this.#seq) return false;
    this.#seq = seq;
    // The prompt of a round that has begun follows at once.
    if (status === "running" || headRound === null || headRound === this.#head) return false;
    this.#head = headRound;
    return true;
  }
}

/**
 * How many of the rounds shown stay when others are to be shown: those that both begin with. The
 * fresh ones may begin later, where earlier rounds have been loaded.
 * @param {number[]} shown
 * @param {number[]} fresh
 * @param {number | null} parent The number before the first of the fresh ones.
 */
export function countKept(shown, fresh, parent) {
  let kept = shown.indexOf(fresh[0]);
  if (kept < 0) return parent === null ? 0 : shown.indexOf(parent) + 1;
  for (const number of fresh) {
    if (shown[kept] !== number) break;
    kept += 1;
  }
  return kept;
}
