/** The actions of a document in the list: ask about it, open its file, rename it, delete it. */
import { renameDocument } from "./api.js";
import { editInPlace } from "../edit-in-place.js";
import { t } from "../texts.js";

// The longest name that the server takes.
const LONGEST = 120;

let menuRow = null;

/** The next menu is that of a row. */
export function prepareMenu(row) {
  menuRow = row;
}

/** Put the menu, which the browser has shown, beside the button of its row. */
export function placeMenu(menu) {
  const { id, status } = menuRow.dataset;
  const links = { ask: `/?document=${id}`, original: `/documents/${id}/original` };
  for (const [action, href] of Object.entries(links)) item(menu, action).href = href;
  item(menu, "ask").hidden = status !== "ready";
  item(menu, "original").hidden = status === "failed";
  const button = menuRow.querySelector(".document-more").getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = button.bottom + height < innerHeight;
  menu.style.insetBlockStart = `${below ? button.bottom : button.top - height}px`;
  menu.style.left = `${Math.max(8, Math.min(button.left, innerWidth - width - 8))}px`;
  menu.querySelector("[data-action]:not([hidden])").focus();
}

/** Perform the action that was chosen in the menu; links lead by themselves. */
export function choose(chosen) {
  const row = menuRow;
  document.getElementById("document-menu").hidePopover();
  const { action } = chosen.dataset;
  row.querySelector(".document-more").focus();
  if (action === "rename") rename(row);
  else if (action === "delete") remove(row);
}

/** Ask whether to delete the document of a row. */
export function remove(row) {
  row.querySelector("form").requestSubmit();
}

/** Edit the name of a row in its place. */
export function rename(row) {
  const name = row.querySelector(".document-name");
  editInPlace(name, {
    label: t("Name"),
    maxLength: LONGEST,
    save: async (value) => {
      try {
        await renameDocument(row.dataset.id, value);
        return true;
      } catch ({ message }) {
        row.dispatchEvent(new CustomEvent("document:failed", { bubbles: true, detail: message }));
        return false;
      }
    },
  });
}

function item(menu, action) {
  return menu.querySelector(`[data-action="${action}"]`);
}
