/** The page of settings: a theme or a size of text is seen at once, and stored beside. */
import "../confirm.js";
import "../frame.js";
import { send } from "../api.js";
import { showLook, tellLook } from "../page/look.js";
import { t } from "../texts.js";

const form = document.querySelector("[data-live]");
const note = form.querySelector("[role=status]");

// One after the other, so that the last choice is the one that stays.
let saving = Promise.resolve();

form.addEventListener("change", () => {
  showLook(Object.fromEntries(new FormData(form)));
  note.textContent = "";
  saving = saving.then(save);
});

async function save() {
  const chosen = new FormData(form);
  try {
    await send("POST", form.action, chosen);
    tellLook(Object.fromEntries(chosen));
    note.textContent = t("Saved.");
  } catch (error) {
    note.textContent = t("Not saved. {reason}", { reason: error.message });
  }
}

// A test may take as long as a model is loaded.
for (const slow of document.querySelectorAll("[data-busy]")) {
  slow.addEventListener("submit", () => {
    slow.querySelector("[role=status]").textContent = slow.dataset.busy;
    slow.querySelector("button").setAttribute("aria-disabled", "true");
  });
}
