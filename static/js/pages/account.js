/** The page of the account: adds passkeys. */
import "../frame.js";
import { addPasskey, explain, whyNoPasskeys } from "../accounts/passkeys.js";
import { pathTo } from "../root.js";

const form = document.getElementById("add-passkey");
const button = form.querySelector("button");
const refusal = form.querySelector("[role=alert]");
const reason = whyNoPasskeys();

if (reason) {
  const note = document.createElement("p");
  note.className = "settings-hint";
  note.textContent = reason;
  form.replaceWith(note);
} else {
  form.hidden = false;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (button.hasAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true");
  refusal.textContent = "";
  try {
    await addPasskey(form.elements.name.value);
    // Go to the list, which the server writes anew, even if this is its address already.
    history.replaceState(null, "", pathTo("/settings/account?saved=passkeys#passkeys"));
    location.reload();
  } catch (error) {
    refusal.textContent = explain(error);
    button.removeAttribute("aria-disabled");
  }
});
