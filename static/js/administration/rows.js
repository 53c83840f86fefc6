/** What the rows of the live page say; the texts are patterns that the page carries. */
import { duration, number, rate, t } from "../texts.js";

/** Characters of an id that are shown. */
const SHOWN = 8;

/** What is shown of a round that runs. */
export function roundRow(round, node, texts, several) {
  const user = round.user ?? texts.user;
  const hint = [
    t(texts.running, { time: clock(node.at - round.startedAt) }),
    t(texts.in_chat, { id: round.workflowId.slice(0, SHOWN) }),
  ];
  if (several) hint.push(t(texts.on_node, { id: node.node.slice(0, SHOWN) }));
  return {
    key: `${round.workflowId} ${round.roundNumber}`,
    title: `${user} · ${round.model ?? round.assistant}`,
    hint: hint.join(" · "),
    label: t(texts.stop, { user }),
    workflowId: round.workflowId,
    number: round.roundNumber,
  };
}

/** What is shown of a context and its readers. */
export function contextRow(context, texts) {
  const { kind, id, user, eventsPerSecond: pace } = context;
  const pattern = user && texts[`${kind}_of`];
  const hint = ["chat", "document", "other"].includes(kind) ? [id] : [];
  if (pace !== null) hint.push(t(texts.rate, { rate: rate(pace) }));
  const lines = context.readers.map((reader) => readerLine(reader, texts));
  if (context.moreReaders) lines.push(t(texts.more, { count: context.moreReaders }));
  return {
    key: `${kind} ${id}`,
    title: pattern ? t(pattern, { user }) : texts[kind],
    hint: hint.join(" · "),
    lines,
  };
}

/** The figures of a node as a whole. */
export function figuresOf(node, texts, several) {
  return {
    ...(several ? { name: t(texts.on_node, { id: node.node.slice(0, SHOWN) }) } : {}),
    contexts: number(node.contexts),
    readers: number(node.readers),
    behind: number(node.behind),
    furthestBehind: number(node.furthestBehind),
    eventsPerSecond: node.eventsPerSecond === null ? "–" : rate(node.eventsPerSecond),
    deliveriesPerSecond: node.deliveriesPerSecond === null ? "–" : rate(node.deliveriesPerSecond),
    more: node.moreContexts ? t(texts.more, { count: node.moreContexts }) : "",
  };
}

/** How long something has run, as a clock shows it. */
function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (value) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${pad(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}

function readerLine({ user, behind, seconds }, texts) {
  const name = user ?? texts.reader;
  if (!behind) return t(texts.current, { user: name });
  return t(texts.behind, { user: name, count: behind, time: duration(1000 * seconds) });
}
