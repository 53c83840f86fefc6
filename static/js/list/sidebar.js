/**
 * The list of chats where it opens over the page: it takes the focus, and closes when the focus moves
 * to an element under it. A notice is over the list: it stays in its place while a button of it is
 * pressed. Escape closes the list, and the browser returns the focus.
 */
const sidebar = document.querySelector(".sidebar");

sidebar?.addEventListener("toggle", ({ newState }) => {
  if (newState === "open") sidebar.querySelector("a").focus();
});
sidebar?.addEventListener("focusout", ({ relatedTarget }) => {
  if (!relatedTarget || sidebar.contains(relatedTarget)) return;
  if (relatedTarget.closest("chat-notice")) return;
  if (sidebar.matches(":popover-open")) sidebar.hidePopover();
});
