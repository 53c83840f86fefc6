/**
 * Tells users that they are signed in no longer, why, and where to sign in again. Loaded when the
 * stream says so, or is refused: the server may have ended the session while the page was hidden.
 */
import { t } from "../texts.js";
import { pathTo } from "../root.js";

const REASONS = {
  signed_out: t("You have signed out in another window."),
  revoked: t("This session was ended."),
  password_changed: t("The password was changed."),
  expired: t("The session has expired."),
  disabled: t("An administrator has disabled this account."),
  deleted: t("This account was deleted."),
};

/**
 * @param {HTMLElement} page The page, whose stream is closed.
 * @param {string} [reason] Why; without it, the server is asked whether it is so.
 */
export async function showSignedOut(page, reason) {
  if (!reason && !(await isSignedOut())) return;
  if (document.querySelector(".signed-out")) return;
  page.dispatchEvent(new CustomEvent("stream:rest"));
  const dialog = document.createElement("dialog");
  dialog.className = "signed-out";
  dialog.setAttribute("role", "alertdialog");
  dialog.setAttribute("aria-labelledby", "signed-out-title");
  dialog.setAttribute("aria-describedby", "signed-out-reason");
  const title = make("h2", t("You are signed out"), "signed-out-title");
  const why = make("p", REASONS[reason] ?? t("Sign in again to go on."), "signed-out-reason");
  const link = make("a", t("Sign in"));
  link.className = "button button-primary";
  link.href = address();
  dialog.append(title, why, link);
  // There is nothing to go back to.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
}

async function isSignedOut() {
  const response = await fetch(pathTo("/api/settings"), { method: "HEAD" }).catch(() => null);
  return response?.status === 401;
}

function address() {
  const { pathname, search } = location;
  if (!document.documentElement.dataset.auth.includes("accounts")) return pathname + search;
  return pathTo(`/sign-in?${new URLSearchParams({ next: pathname + search })}`);
}

function make(name, text, id) {
  const element = document.createElement(name);
  element.textContent = text;
  if (id) element.id = id;
  return element;
}
