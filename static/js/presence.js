/**
 * Hold a connection while somebody looks, and let go of it while nobody does: browsers allow about
 * six to a server, and a tab in the background would keep one from those that are read.
 *
 * @param {{pause: () => void, resume: () => void}} stream
 * @param {{hide: () => void, show: () => void}} watch Decides what becomes of it while nobody looks.
 * @param {AbortSignal} signal Ends it.
 */
export function connectWhileShown(stream, watch, signal) {
  const show = () => {
    watch.show();
    stream.resume();
  };
  const leave = () => {
    watch.show();
    stream.pause();
  };
  const on = (target, type, action) => target.addEventListener(type, action, { signal });
  on(document, "visibilitychange", () => (document.hidden ? watch.hide() : show()));
  on(window, "pagehide", leave);
  on(window, "pageshow", (event) => event.persisted && stream.resume());
  on(window, "online", () => document.hidden || stream.resume());
  if (document.hidden) stream.pause();
}
