/** The page of settings: a theme or a size of text is seen at once, and stored beside. */
import "../confirm.js";
import "../frame.js";
import { send } from "../api.js";
import { t } from "../texts.js";

const form = document.querySelector("[data-live]");
const root = document.documentElement;

form.addEventListener("change", async () => {
  const chosen = new FormData(form);
  for (const name of ["theme", "text"]) {
    const value = chosen.get(name);
    if (value) root.dataset[name] = value;
    else delete root.dataset[name];
  }
  const note = form.querySelector("[role=status]");
  note.textContent = "";
  try {
    await send("POST", form.action, chosen);
    note.textContent = t("Saved.");
  } catch (error) {
    note.textContent = t("Not saved. {reason}", { reason: error.message });
  }
});

// A test may take as long as a model is loaded.
for (const slow of document.querySelectorAll("[data-busy]")) {
  slow.addEventListener("submit", () => {
    slow.querySelector("[role=status]").textContent = slow.dataset.busy;
    slow.querySelector("button").setAttribute("aria-disabled", "true");
  });
}
