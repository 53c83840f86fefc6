/** The page to sign in: with a passkey, by the button or as the browser completes the name. */
import "../install.js";
import { explain, signIn, whyNoPasskeys } from "../accounts/passkeys.js";

// A challenge is valid for five minutes, and the page may be open for longer.
const RENEWAL = 4 * 60 * 1000;

const REFUSED = 401;

const part = document.getElementById("passkey");
const button = part?.querySelector("button");
const refusal = part?.querySelector("[role=alert]");

// The browser has one request at a time.
let request = new AbortController();
let renewal = 0;

if (part) {
  const reason = whyNoPasskeys();
  part.hidden = false;
  if (reason) {
    part.querySelector(".settings-hint").textContent = reason;
    button.remove();
  } else {
    button.addEventListener("click", choose);
    complete();
  }
}

/** Let the browser offer passkeys where it completes the name. */
async function complete() {
  const isPossible = await PublicKeyCredential.isConditionalMediationAvailable?.();
  if (!isPossible) return;
  clearTimeout(renewal);
  renewal = setTimeout(renew, RENEWAL);
  const error = await ask("conditional");
  // The user chose none, or did not ask for it: there is nothing to tell.
  if (error?.status !== REFUSED) return;
  refusal.textContent = explain(error);
  complete();
}

function renew() {
  if (document.hidden) document.addEventListener("visibilitychange", renew, { once: true });
  else complete();
}

/** Ask for a passkey at once. */
async function choose() {
  clearTimeout(renewal);
  refusal.textContent = "";
  button.setAttribute("aria-disabled", "true");
  const error = await ask();
  button.removeAttribute("aria-disabled");
  if (!error) return;
  refusal.textContent = explain(error);
  complete();
}

/** Ask for a passkey, in the place of the request before; return what went wrong. */
async function ask(mediation) {
  request.abort();
  const { signal } = (request = new AbortController());
  try {
    await signIn(part.dataset.next, signal, mediation);
  } catch (error) {
    if (!signal.aborted) return error;
  }
  return null;
}
