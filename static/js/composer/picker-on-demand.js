/** Loads the document picker at its first use. */
import { attachFiles } from "../documents/files-brought.js";

const MAY_BE_EXPORT = /\.(json|zip)$/i;

const load = () => import("./document-picker.js");

/**
 * Load the picker of a form at the first click on its button, or the first dropped or pasted file.
 * @param {HTMLFormElement} form
 */
export function loadPickerOnDemand(form) {
  const picker = form.querySelector("document-picker");
  if (picker.querySelector(".chip")) load();
  for (const type of ["focus", "pointerenter", "click"]) {
    form.querySelector(".picker-button").addEventListener(type, load, { once: true });
  }
  const upload = async (files) => {
    await load();
    picker.upload(files);
  };
  const bring = async (files) => {
    if (!files.some(({ name }) => MAY_BE_EXPORT.test(name))) return upload(files);
    const { isExport, offerImport } = await import("./chat-import.js");
    const found = await Promise.all(
      files.map((file) => MAY_BE_EXPORT.test(file.name) && isExport(file).catch(() => false)),
    );
    const exported = files.filter((_, index) => found[index]);
    const documents = files.filter((_, index) => !found[index]);
    if (exported.length) offerImport(picker, exported, upload);
    if (documents.length) await upload(documents);
  };
  attachFiles(form, bring, { pasted: form });
}

/** Show the documents that were chosen for the chat in another tab. */
export async function followDocuments(picker, ids) {
  if (!ids.length && !picker.querySelector(".chip")) return;
  await load();
  picker.follow(ids);
}
