/**
 * The branch of a chat that a page shows: a pure model that computes how it changes.
 *
 * The rounds of a chat are a tree, and its head says which of its branches is shown. Starting
 * a round moves the head to it; its number is the highest. Choosing another version moves the
 * head while no round runs.
 */
export class Branch {
  #head;
  #seq;
  /** The seq of the latest entry that told the head, and not of a round that begins. */
  #told;

  /**
   * @param {number} head The number of the round that the branch ends with; 0 without one.
   * @param {number} seq The seq of the chat for this head.
   */
  constructor(head, seq) {
    this.#head = head;
    this.#seq = seq;
    this.#told = seq;
  }

  /** Forget the branch: the page will be read again. */
  static unknown() {
    return new Branch(Infinity, 0);
  }

  /** A prompt has arrived: return whether it is the new end of the branch that is shown. */
  extend(number) {
    if (number <= this.#head) return false;
    this.#head = number;
    return true;
  }

  /** Whether an entry has arrived that is newer than a seq: it knew of what the seq stands for. */
  isPast(seq) {
    return seq <= this.#told;
  }

  /**
   * The chat's entry has arrived, from one of two contexts, so perhaps late.
   * @returns {boolean} whether the page has to show another branch
   */
  move({ seq, headRound, status }) {
    if (seq <= this.#seq) return false;
    this.#seq = seq;
    // The prompt of the new round follows at once.
    if (status === "running") return false;
    this.#told = seq;
    if (headRound === null || headRound === this.#head) return false;
    this.#head = headRound;
    return true;
  }
}

/**
 * How many of the shown rounds stay when other rounds replace them: the common prefix of both. The
 * fresh rounds may begin later, if earlier rounds have been loaded.
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
