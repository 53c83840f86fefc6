/**
 * Whether a key belongs to an input method, with which letters are put together. Safari says that
 * nothing is put together any more, but gives the key of the input method.
 * @param {KeyboardEvent} event
 */
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}
