/**
 * Keeps the end of a growing element in view while the reader is there. Any upward gesture, however
 * short, stops that; a button leads back to the end, and so does scrolling down to it.
 */
import { keepFocus } from "../focus.js";

// Distance from the end, in pixels, that counts as the end when scrolling down.
const NEAR = 64;
// Milliseconds after which a smooth scroll by a key has finished.
const COASTING = 1000;
const UP_KEYS = new Set(["ArrowUp", "PageUp", "Home"]);
// Elements that scroll by themselves or handle keys themselves.
const ELSEWHERE = "textarea, input, select, dialog, [popover], .sidebar";

export class StickToEnd {
  #atEnd = false;
  #button;
  #change = null;
  #coasting = 0;
  #growing;
  #holding = false;
  #page = document.scrollingElement;
  #pressed = false;
  #sticking = true;
  #timer = 0;
  #top = 0;
  #touch = 0;

  /**
   * @param {Element} element The growing element.
   * @param {HTMLButtonElement} button Leads back to the end.
   * @param {AbortSignal} signal Ends it.
   */
  constructor(element, button, signal) {
    this.#button = button;
    this.#growing = element;
    this.#top = this.#page.scrollTop;
    const observer = new ResizeObserver(() => this.#follow());
    observer.observe(element);
    signal.addEventListener("abort", () => observer.disconnect());
    const passive = { passive: true, signal };
    document.addEventListener("scroll", () => this.#scrolled(), passive);
    document.addEventListener("wheel", (event) => this.#wheel(event), passive);
    document.addEventListener("touchstart", (event) => this.#touched(event), passive);
    document.addEventListener("touchmove", (event) => this.#moved(event), passive);
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    document.addEventListener("keyup", (event) => this.#tabbed(event), { signal });
    document.addEventListener("selectionchange", () => this.#selected(), { signal });
    window.addEventListener("resize", () => this.following && this.#jump(), { signal });
    element.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    for (const type of ["pointerup", "pointercancel"]) {
      document.addEventListener(type, () => this.#release(), { signal });
    }
    element.addEventListener("click", (event) => this.#unfold(event), { signal });
    element.addEventListener("focusin", (event) => this.#edit(event), { signal });
    button.addEventListener("click", () => this.#return(), { signal });
  }

  /** Whether the reader is at the end. */
  get sticking() {
    return this.#sticking;
  }

  /** Whether additions move the view. */
  get following() {
    return this.#sticking && !this.#holding;
  }

  /**
   * Go to the end and stay there.
   * @param {number} [patience] Milliseconds for which additions do not move the view, since readers
   *   begin at the beginning.
   */
  go(patience = 0) {
    this.#sticking = true;
    this.#holding = false;
    this.wait(patience);
    this.#jump();
  }

  /** Additions do not move the view for a number of milliseconds. */
  wait(patience) {
    if (!this.following) return;
    clearTimeout(this.#timer);
    this.#timer = patience && setTimeout(() => this.#followOn(), patience);
  }

  /** Stay where the reader is. */
  letGo() {
    if (!this.#sticking || this.#page.scrollHeight <= this.#page.clientHeight) return;
    this.#sticking = false;
    clearTimeout(this.#coasting);
    this.#coasting = 0;
    this.#offer();
  }

  /**
   * Change the size of another element; a reader at the end stays there. It could move what is
   * pressed, and so waits for the click.
   */
  stay(change) {
    if (this.#pressed) {
      this.#change = change;
      return;
    }
    const atEnd = this.#atEnd;
    change();
    if (atEnd) this.#page.scrollTo({ top: this.#page.scrollHeight, behavior: "instant" });
    this.#top = this.#page.scrollTop;
    this.#offer();
  }

  /**
   * The answer ends: what comes with its end leaves a reader at the end there, and later additions do
   * not move the view.
   */
  hold(change) {
    const stays = this.#sticking && !this.#timer && !this.#pressed;
    this.#holding ||= this.#sticking;
    if (stays) this.stay(change);
    else change();
  }

  #follow() {
    const held = this.#timer || this.#pressed;
    if (this.following && !held && this.#growing.querySelector(".round, .unsent")) this.#jump();
    else this.#offer();
  }

  #jump() {
    this.#page.scrollTo({ top: this.#page.scrollHeight, behavior: "instant" });
    this.#top = this.#page.scrollTop;
    this.#offer();
  }

  /**
   * A key may still be scrolling the page smoothly. Browsers continue that from the new position, and
   * it can't be stopped. In the frame after the time limit it is over, even on a slow machine.
   */
  #return() {
    const over = () => requestAnimationFrame(() => (this.#coasting = 0));
    clearTimeout(this.#coasting);
    this.#coasting = setTimeout(over, COASTING);
    this.go();
  }

  #followOn() {
    this.#timer = 0;
    this.#follow();
  }

  /** With the control key, the wheel zooms the page. */
  #wheel({ deltaY, target, ctrlKey }) {
    if (deltaY < 0 && !ctrlKey && !target.closest(ELSEWHERE)) this.letGo();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#page;
    const distance = scrollHeight - clientHeight - scrollTop;
    // A scroll to the position that the page itself has set is not a gesture.
    const moved = scrollTop - this.#top;
    this.#top = scrollTop;
    // An element that shrinks also scrolls up, but stays at the end.
    if (moved < 0 && distance > 1 && this.#coasting) this.#jump();
    else if (moved < 0 && distance > 1) this.letGo();
    else if (moved > 0 && distance < NEAR) this.#sticking = true;
    const atEnd = this.#atEnd;
    this.#offer();
    // It is told late: what has grown since may not be followed yet by a reader at the end.
    if (moved === 0) this.#atEnd ||= atEnd;
  }

  #touched(event) {
    this.#touch = event.touches[0].clientY;
  }

  #moved(event) {
    const { clientY } = event.touches[0];
    if (clientY > this.#touch && !event.target.closest(ELSEWHERE)) this.letGo();
    this.#touch = clientY;
  }

  #key({ key, shiftKey, target, defaultPrevented }) {
    const up = UP_KEYS.has(key) || (key === " " && shiftKey);
    if (up && !defaultPrevented && !target.closest(ELSEWHERE)) this.letGo();
  }

  /** The pressed text stays below the pointer, so that a selection can begin there. */
  #press({ isPrimary }) {
    this.#pressed = isPrimary;
  }

  #release() {
    if (!this.#pressed) return;
    this.#pressed = false;
    // The selection event may follow later.
    this.#selected();
    // What was pressed must not move away before its click.
    setTimeout(() => {
      const change = this.#change;
      this.#change = null;
      if (change) this.stay(change);
      this.#follow();
    });
  }

  /** An element that the user unfolds opens in its place. */
  #unfold(event) {
    if (event.target.closest("summary, .versions")) this.letGo();
  }

  /** Text that the user selects, or an element that gets the focus, stays in its place. */
  #selected() {
    const { anchorNode, isCollapsed } = document.getSelection();
    if (!isCollapsed && this.#growing.contains(anchorNode)) this.letGo();
  }

  #tabbed({ key, target }) {
    if (key === "Tab" && this.#growing.contains(target)) this.letGo();
  }

  /** A prompt that is being edited stays in its place. */
  #edit(event) {
    if (event.target.closest("prompt-editor")) this.letGo();
  }

  #offer() {
    const { scrollTop, scrollHeight, clientHeight } = this.#page;
    const distance = scrollHeight - clientHeight - scrollTop;
    this.#atEnd = distance < 2;
    const hidden = distance < NEAR || this.following;
    // Its row moves the end of the page, and what is pressed there.
    if (this.#pressed || hidden === this.#button.hidden) return;
    keepFocus(() => (this.#button.hidden = hidden));
  }
}
