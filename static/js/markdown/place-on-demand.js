/** Loads the place of a text in chunks with the first long text. */
import { Place } from "./place.js";

let loading = null;
// Undefined until it is loaded; null if that has failed.
let Chunked;

/** Load it. */
export function loadChunks() {
  loading ??= import("./chunked-place.js").then(
    ({ ChunkedPlace }) => (Chunked = ChunkedPlace),
    () => (Chunked = null),
  );
  return loading;
}

/** Whether it is known what the place of a long text is. */
export function knowsChunks() {
  return Chunked !== undefined;
}

/**
 * The place of a text.
 * @param {Element} element
 * @param {object} [place] Its place until now.
 */
export function placeIn(element, place) {
  const Kind = Chunked ?? Place;
  return place instanceof Kind ? place : new Kind(element);
}
