/**
 * The focus of a keyboard, which must not fall back to the top of the page when what has it goes
 * away. That of a mouse or a finger may: on a phone the field would open the keyboard.
 */

/**
 * Make a change; if it takes away what has the focus, the focus goes on elsewhere.
 * @param {() => void} change
 * @param {() => Element | null} [next] Where to, unless the change itself has moved it.
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
