/**
 * Whether a key belongs to an input method, with which letters are put together. Safari says that
 * nothing is put together any more, but gives the key of the input method.
 * @param {KeyboardEvent} event
 */
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}

/** Where a finger points and a keyboard comes up on the screen, which has no dependable Shift and Enter. */
const touch = matchMedia("(hover: none) and (pointer: coarse)");

/** Whether Enter sends what is written by itself; if not, it breaks the line. */
export const enterSends = () => !touch.matches;

/**
 * Whether a key sends what is written.
 * @param {KeyboardEvent} event
 */
export function isSend({ key, shiftKey, ctrlKey, metaKey }) {
  return key === "Enter" && !shiftKey && (ctrlKey || metaKey || enterSends());
}
