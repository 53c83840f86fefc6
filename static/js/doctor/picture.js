/** Draws each event as a line from the time when it was sent, above, to its arrival, below. */

const SVG = "http://www.w3.org/2000/svg";
const NARROWEST = 280;
const HEIGHT = 168;
const SIDE = 12;
const SENT = 40;
const CAME = 128;

/**
 * @param {SVGElement} picture Is redrawn; it must be visible, or it has no width.
 * @param {{number: number, sent: number, arrived: number}[]} events Times of one clock, in milliseconds.
 * @param {{sent: string, came: string, seconds: (ms: number) => string}} words
 */
export function draw(picture, events, words) {
  const times = events.flatMap(({ sent, arrived }) => [sent, arrived]);
  const start = Math.min(...times);
  const span = Math.max(...times, start + 1) - start;
  // The view box is as wide as the element, so that the text has its nominal size.
  const width = Math.max(picture.clientWidth, NARROWEST);
  const x = (time) => SIDE + ((time - start) / span) * (width - 2 * SIDE);
  picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  picture.replaceChildren(
    axis(SENT, width),
    axis(CAME, width),
    label(SIDE, SENT - 14, words.sent),
    label(SIDE, CAME + 28, words.came),
    label(width - SIDE, CAME + 28, words.seconds(span), "end"),
    ...events.flatMap(({ sent, arrived }) => way(x(sent), x(arrived))),
  );
}

function axis(y, width) {
  return shape("line", "doctor-axis", { x1: SIDE, y1: y, x2: width - SIDE, y2: y });
}

function way(from, to) {
  return [
    shape("line", "doctor-way", { x1: from, y1: SENT, x2: to, y2: CAME }),
    shape("circle", "doctor-sent", { cx: from, cy: SENT, r: 3 }),
    shape("circle", "doctor-came", { cx: to, cy: CAME, r: 4 }),
  ];
}

function label(x, y, text, anchor = "start") {
  const element = shape("text", "doctor-label", { x, y, "text-anchor": anchor });
  element.textContent = text;
  return element;
}

function shape(name, className, attributes) {
  const element = document.createElementNS(SVG, name);
  element.setAttribute("class", className);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
