/**
 * The list beside a page, where it opens over it: the focus goes into it, and what is reached after
 * it is not left under it. Escape closes it and gives the focus back, which the browser does.
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
