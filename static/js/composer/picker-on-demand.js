/** The picker of documents is loaded with the first sign that somebody wants it. */
const load = () => import("./document-picker.js");

/**
 * Load the picker of a form once it is wanted: by its button, or by a file that is brought.
 * @param {HTMLFormElement} form
 */
export function loadPickerOnDemand(form) {
  const picker = form.querySelector("document-picker");
  if (picker.querySelector(".chip")) load();
  const once = { once: true };
  for (const type of ["focus", "pointerenter", "click"]) {
    form.querySelector(".picker-button").addEventListener(type, load, once);
  }
  document.addEventListener("dragenter", load, once);
  form.addEventListener("paste", async (event) => {
    const { files: pasted, types } = event.clipboardData;
    const files = [...pasted];
    // What is copied from a table or a letter comes with a picture of it: it is the text that is meant.
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    await load();
    picker.upload(files);
  });
}

/** Show the documents that were chosen for the chat in another tab. */
export async function followDocuments(picker, ids) {
  if (!ids.length && !picker.querySelector(".chip")) return;
  await load();
  picker.follow(ids);
}
