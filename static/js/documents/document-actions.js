/** What can be done with a document in the list: rename it, and delete it. */
import { renameDocument } from "./api.js";
import { editInPlace } from "../edit-in-place.js";
import { t } from "../texts.js";

// The longest name that the server takes.
const LONGEST = 120;

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
    isFile: true,
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
