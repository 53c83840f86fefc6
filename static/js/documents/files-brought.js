/**
 * Files that are pasted or dropped on a page. They may be dropped anywhere, since a browser would
 * leave the page for a file that misses its target.
 * @param {HTMLElement} place Shows by data-dropping that files can be dropped.
 * @param {(files: File[]) => void} take
 * @param {{pasted: EventTarget, signal?: AbortSignal}} options Where files are pasted; ends the listening.
 */
export function attachFiles(place, take, { pasted, signal }) {
  const over = (event, is) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    place.toggleAttribute("data-dropping", is);
  };
  const bring = (files) => files.length && take([...files]);
  const listeners = {
    dragover: (event) => over(event, true),
    // Between two elements of the page, relatedTarget is the one that is entered.
    dragleave: (event) => event.relatedTarget ?? over(event, false),
    drop: (event) => {
      over(event, false);
      bring(event.dataTransfer.files);
    },
  };
  for (const [type, listener] of Object.entries(listeners)) {
    document.addEventListener(type, listener, { signal });
  }
  const paste = (event) => {
    const { files, types } = event.clipboardData;
    // Text that is copied from a spreadsheet or a letter comes with a picture: prefer the text.
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    bring(files);
  };
  pasted.addEventListener("paste", paste, { signal });
}
