/**
 * Keep the end of a growing element in view for as long as the reader is there; one who has
 * scrolled up is left alone, and gets a button that leads back.
 *
 * @param {Element} element
 * @param {HTMLButtonElement} button
 * @param {AbortSignal} signal Ends it.
 * @returns {() => void} goes to the end
 */
export function stickToEnd(element, button, signal) {
  const NEAR = 64;
  const page = document.scrollingElement;
  let sticking = true;
  let top = page.scrollTop;

  const scroll = () => page.scrollTo({ top: page.scrollHeight, behavior: "instant" });
  // Only going up leaves the end: it may also have moved on since a scroll to it began.
  const look = () => {
    const distance = page.scrollHeight - page.clientHeight - page.scrollTop;
    const left = page.scrollTop < top;
    top = page.scrollTop;
    sticking = distance < NEAR || (sticking && !left);
    button.hidden = sticking;
  };
  const follow = () => (sticking ? scroll() : look());
  const go = () => {
    sticking = true;
    button.hidden = true;
    scroll();
  };
  // What somebody unfolds opens where it is.
  const unfold = (event) => {
    if (event.target.closest("summary, .versions")) sticking = false;
  };

  const observer = new ResizeObserver(follow);
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
  document.addEventListener("scroll", look, { passive: true, signal });
  window.addEventListener("resize", follow, { signal });
  element.addEventListener("click", unfold, { signal });
  button.addEventListener("click", go, { signal });
  return go;
}
