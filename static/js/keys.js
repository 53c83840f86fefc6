/**
 * Whether a key belongs to an input method that composes letters. Safari reports the end of the
 * composition too early, but with the key code of the input method.
 * @param {KeyboardEvent} event
 */
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}

/** A touch device with an on-screen keyboard, whose Shift and Enter are not reliable. */
const touch = matchMedia("(hover: none) and (pointer: coarse)");

/** Whether Enter alone sends the text; if not, it starts a new line. */
export const enterSends = () => !touch.matches;

/**
 * Whether a key sends the text.
 * @param {KeyboardEvent} event
 */
export function isSend({ key, shiftKey, ctrlKey, metaKey }) {
  return key === "Enter" && !shiftKey && (ctrlKey || metaKey || enterSends());
}
