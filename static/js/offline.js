/** Polls the server now and then, and loads the page when the server answers. */
import "./install.js";
import { pathTo } from "./root.js";

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 15_000;

let pause = FIRST_PAUSE;
let timer = 0;

async function tryAgain() {
  clearTimeout(timer);
  const answer = await fetch(pathTo("/api/doctor/clock"), { cache: "no-store" }).catch(() => null);
  if (answer?.ok) {
    location.reload();
    return;
  }
  timer = setTimeout(tryAgain, pause);
  pause = Math.min(pause * 1.5, LONGEST_PAUSE);
}

// At its own address, the offline page has no other page to load.
if (location.pathname !== pathTo("/offline")) {
  timer = setTimeout(tryAgain, pause);
  window.addEventListener("online", tryAgain);
  document.addEventListener("visibilitychange", () => document.hidden || tryAgain());
}
