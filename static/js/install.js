/** Registers the service worker, if the browser supports it and the connection is secure. */
import "./printing.js";

navigator.serviceWorker?.register("/service-worker.js").catch(() => {
  // Without it there is no offline page; everything else works.
});
