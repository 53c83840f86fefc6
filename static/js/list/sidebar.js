/**
 * The list of chats where it opens over the page: it takes the focus, and closes when the focus moves
 * to an element under it. Escape closes it, and the browser returns the focus.
 */
const sidebar = document.querySelector(".sidebar");

sidebar?.addEventListener("toggle", ({ newState }) => {
  if (newState === "open") sidebar.querySelector("a").focus();
});
sidebar?.addEventListener("focusout", ({ relatedTarget }) => {
  if (relatedTarget && !sidebar.contains(relatedTarget) && sidebar.matches(":popover-open")) {
    sidebar.hidePopover();
  }
});
