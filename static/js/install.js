/** Registers the service worker, if the browser supports it and the connection is secure. */
import "./printing.js";
import { pathTo } from "./root.js";

navigator.serviceWorker?.register(pathTo("/service-worker.js")).catch(() => {
  // Without it there is no offline page; everything else works.
});
