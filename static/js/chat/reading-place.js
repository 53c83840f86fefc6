/**
 * The reader's place in a chat, restored after a reload and by the back and forward buttons. A link
 * leads to the end, with the newest round, or to the place that it names.
 *
 * @typedef {{atEnd: boolean, room?: boolean, round?: string, top?: number}} Place
 */
import { tabStore } from "../storage.js";

const KEY = "quart-chat:place:";
const RETURNS = new Set(["reload", "back_forward"]);

/** Store the place for as long as the tab is open. */
export function savePlace(place) {
  tabStore.write(KEY + location.pathname, place);
}

/** @returns {Place | null} the place to return to */
export function loadPlace() {
  const [entry] = performance.getEntriesByType("navigation");
  return RETURNS.has(entry?.type) ? tabStore.read(KEY + location.pathname) : null;
}

/** The round at the upper edge of the view, and its offset. */
export function findPlace() {
  const { x, width } = document.querySelector("chat-log").getBoundingClientRect();
  const edge = document.querySelector(".bar").getBoundingClientRect().bottom;
  const round = document.elementFromPoint(x + width / 2, edge + 8)?.closest(".round");
  return round ? { round: round.dataset.round, top: round.getBoundingClientRect().top } : {};
}

/** Scroll a round to its stored offset; false if it is not on the page. */
export function goToPlace({ round, top }) {
  const found = document.querySelector(`.round[data-round="${round}"]`);
  found?.scrollIntoView({ block: "start", behavior: "instant" });
  // Rounds that were skipped may get their real height only now.
  for (let times = 0; found && times < 3; times += 1) {
    window.scrollBy({ top: found.getBoundingClientRect().top - top, behavior: "instant" });
  }
  return Boolean(found);
}
