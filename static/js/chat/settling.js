/** A round that has ended goes from where it was written to the log, which is a live region. */
import { keepFocus } from "../focus.js";

/**
 * Put a round to the others: as a copy, since browsers tell a screen reader of what is new in a live
 * region, and not of what has moved into it. Whoever is in the midst of it, with a selection say,
 * keeps it as it is.
 * @param {Element} round
 * @param {Element} log
 */
export function settle(round, log) {
  if (isInUse(round)) {
    moveAsItIs(round, log);
    return;
  }
  const copy = round.cloneNode(true);
  round.remove();
  log.append(copy);
}

/** Whether somebody has the focus in a round, has selected some of it, or has moved it sideways. */
function isInUse(round) {
  const selection = getSelection();
  return (
    round.contains(document.activeElement) ||
    (!selection.isCollapsed && selection.containsNode(round, true)) ||
    [...round.querySelectorAll("pre, .table")].some((block) => block.scrollLeft > 0)
  );
}

function moveAsItIs(round, log) {
  const { anchorNode, anchorOffset, focusNode, focusOffset, isCollapsed } = getSelection();
  if (log.moveBefore) log.moveBefore(round, null);
  else keepFocus(() => log.append(round));
  if (!isCollapsed) getSelection().setBaseAndExtent(anchorNode, anchorOffset, focusNode, focusOffset);
}
