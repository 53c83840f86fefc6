/** The page of an invite: accepts it with a passkey, where the browser has some. */
import "../install.js";
import { acceptInvite, explain, whyNoPasskeys } from "../accounts/passkeys.js";

const part = document.getElementById("passkey");
const button = part.querySelector("button");
const refusal = part.querySelector("[role=alert]");
const name = document.getElementById("name");
const secret = location.pathname.split("/").at(-1);

part.hidden = whyNoPasskeys() !== "";

button.addEventListener("click", async () => {
  if (button.hasAttribute("aria-disabled") || !name.reportValidity()) return;
  button.setAttribute("aria-disabled", "true");
  refusal.textContent = "";
  try {
    await acceptInvite(secret, name.value);
  } catch (error) {
    refusal.textContent = explain(error);
    button.removeAttribute("aria-disabled");
  }
});
