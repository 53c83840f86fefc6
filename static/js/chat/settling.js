/** Moves a round that has ended to the log, which is a live region. */
import { keepFocus } from "../focus.js";
import { keepHeights } from "../markdown/writer.js";

/**
 * Add a round to the log: as a copy, since browsers announce elements that are new in a live region,
 * but not elements that have moved into it. If the reader is using the round, for example has
 * selected text, the element itself is moved.
 * @param {Element} round
 * @param {Element} log
 */
export function settle(round, log) {
  if (isInUse(round)) {
    moveAsItIs(round, log);
    return;
  }
  for (const prose of round.querySelectorAll(".prose.long")) keepHeights(prose);
  const copy = cloneFrame(round);
  round.remove();
  log.append(copy);
}

/** Copy a round but for the chunks of a long answer, which move to the copy: to copy them takes long. */
function cloneFrame(round) {
  const chunks = [...round.querySelectorAll(".prose > .chunk")];
  for (const chunk of chunks) chunk.replaceWith(chunk.cloneNode());
  const copy = round.cloneNode(true);
  copy.querySelectorAll(".prose > .chunk").forEach((place, index) => place.replaceWith(chunks[index]));
  return copy;
}

/** Whether the focus or the selection is in a round, or part of it is scrolled sideways. */
function isInUse(round) {
  const selection = getSelection();
  return (
    round.contains(document.activeElement) ||
    (!selection.isCollapsed && selection.containsNode(round, true)) ||
    [...round.querySelectorAll("pre, .table")].some(
      (block) => block.checkVisibility({ contentVisibilityAuto: true }) && block.scrollLeft > 0,
    )
  );
}

function moveAsItIs(round, log) {
  const { anchorNode, anchorOffset, focusNode, focusOffset, isCollapsed } = getSelection();
  if (log.moveBefore) log.moveBefore(round, null);
  else keepFocus(() => log.append(round));
  if (!isCollapsed) getSelection().setBaseAndExtent(anchorNode, anchorOffset, focusNode, focusOffset);
}
