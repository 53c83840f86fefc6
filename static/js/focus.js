/**
 * The focus of a keyboard must not fall back to the top of the page when the focused element
 * disappears. After a mouse or a finger it may: on a phone, a focused field would open the keyboard.
 */

/**
 * Make a change; if it removes the focused element, move the focus.
 * @param {() => void} change
 * @param {() => Element | null} [next] The next element, unless the change itself has moved the focus.
 */
export function keepFocus(change, next = () => document.querySelector("#prompt, #content")) {
  const focused = document.activeElement;
  const byKeyboard = focused?.matches(":focus-visible");
  change();
  const now = document.activeElement;
  if (!byKeyboard || (now !== focused && now !== document.body)) return;
  if (!canHaveFocus(focused)) next()?.focus({ preventScroll: true });
  else if (now !== focused) focused.focus({ preventScroll: true });
}

function canHaveFocus(element) {
  const shown = element.checkVisibility?.({ visibilityProperty: true }) ?? hasBox(element);
  return element.isConnected && shown && !element.matches(":disabled");
}

/** Nearly the same, for Safari before 17.4. */
function hasBox(element) {
  return element.getClientRects().length > 0;
}
