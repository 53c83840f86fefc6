/**
 * The list of chats is one tab stop: Tab leads to the chat that had the focus last, or that is shown,
 * and arrow keys move within the list. (ARIA Authoring Practices, roving tabindex.)
 */

/**
 * @param {HTMLElement} list
 * @param {AbortSignal} signal Ends it.
 */
export function attachTabStop(list, signal) {
  for (const place of list.querySelectorAll(".chats-days, .found")) {
    let last = null;
    const settle = () => setStop(place, last);
    const focused = ({ target }) => {
      last = target.closest(".chat-row") ?? last;
      settle();
    };
    const observer = new MutationObserver(settle);
    observer.observe(place, { childList: true, subtree: true });
    signal.addEventListener("abort", () => observer.disconnect());
    place.addEventListener("focusin", focused, { signal });
    settle();
  }
}

function setStop(place, last) {
  const links = [...place.querySelectorAll(".chat-link")];
  const shown = links.find(({ ariaCurrent }) => ariaCurrent);
  const stop = links.find((link) => last?.contains(link)) ?? shown ?? links[0];
  for (const link of links) link.tabIndex = link === stop ? 0 : -1;
  for (const button of place.querySelectorAll(".chat-more")) button.tabIndex = -1;
}
