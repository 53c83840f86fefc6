/**
 * Files that are brought to a page: dropped anywhere on it, since beside the right place a browser
 * would leave the page for the file, or pasted.
 * @param {HTMLElement} place Shows by data-dropping that they can be let go.
 * @param {(files: File[]) => void} take
 * @param {{pasted: EventTarget, signal?: AbortSignal}} options Where they are pasted; what ends it.
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
    // Between two elements of the page it names the one that is entered.
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
    // What is copied from a table or a letter comes with a picture of it: it is the text that is meant.
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    bring(files);
  };
  pasted.addEventListener("paste", paste, { signal });
}
