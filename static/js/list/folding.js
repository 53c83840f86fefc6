/**
 * Folds the list beside the page away, and remembers it in a cookie: so the server renders the page
 * as it will be, and nothing moves as it loads. On a narrow screen the list opens over the page.
 */
import { ownName, pathTo } from "../root.js";

/** Seconds for which it is remembered. */
const YEAR = 365 * 24 * 60 * 60;

const app = document.querySelector(".app");
const sidebar = document.querySelector(".sidebar");
const isBeside = matchMedia("(min-width: 56rem)");

/** Show the list, or hide it. */
export function toggleList() {
  if (!sidebar) return;
  if (isBeside.matches && !sidebar.matches(":popover-open")) fold(!app.hasAttribute("data-folded"));
  else sidebar.togglePopover();
}

function fold(folded) {
  const within = sidebar.contains(document.activeElement);
  app.toggleAttribute("data-folded", folded);
  const kept = [`${ownName("list")}=folded`, `Path=${pathTo("/")}`];
  kept.push("SameSite=Lax", "Max-Age=" + (folded ? YEAR : 0));
  if (location.protocol === "https:") kept.push("Secure");
  document.cookie = kept.join("; ");
  if (within) document.querySelector(".menu").focus();
}

document.querySelector(".menu")?.addEventListener("click", (event) => {
  if (!isBeside.matches) return;
  event.preventDefault();
  fold(false);
  sidebar.querySelector(".fold").focus();
});
