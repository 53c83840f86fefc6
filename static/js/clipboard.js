/** The clipboard, on every page. */

/**
 * Copy a text or the result of a promise; rejects if the browser can't copy it.
 * @param {string | Promise<string>} text
 */
export async function writeText(text) {
  if (!navigator.clipboard) {
    writeThroughField(await text);
    return;
  }
  // The permission belongs to the click, and would have expired once the text has arrived.
  const blob = Promise.resolve(text).then((ready) => new Blob([ready], { type: "text/plain" }));
  await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

/** Pages over HTTP from another machine have no clipboard API. */
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
