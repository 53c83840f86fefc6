/** The clipboard, on every page. */

/**
 * Copy a text, or one that is still to come; rejects where it can't be copied.
 * @param {string | Promise<string>} text
 */
export async function writeText(text) {
  if (!navigator.clipboard) {
    writeThroughField(await text);
    return;
  }
  // The permission is that of the click: it would be gone once the text has come.
  const blob = Promise.resolve(text).then((ready) => new Blob([ready], { type: "text/plain" }));
  await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

/** Pages that came over HTTP from another machine have no clipboard of their own. */
function writeThroughField(text) {
  const field = document.createElement("textarea");
  const focused = document.activeElement;
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus({ preventScroll: true });
  if (!done) throw new Error();
}
