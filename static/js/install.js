/** Registers the service worker, where the browser has such and the connection is safe. */
navigator.serviceWorker?.register("/service-worker.js").catch(() => {
  // Without it there is no offline page, and all else works.
});
