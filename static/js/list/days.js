/** The days of the list of chats in the user's time zone. A group is a name or a month (2026-05). */
import { date, t } from "../texts.js";

const RECENT = [
  ["today", 0],
  ["yesterday", 1],
  ["week", 7],
];

/**
 * The group of a moment. Days begin at midnight, even if they have 23 or 25 hours.
 * @param {number} seconds since 1970
 * @param {Date} now
 */
export function dayGroup(seconds, now) {
  const moment = new Date(seconds * 1000);
  const recent = RECENT.find(([, days]) => moment >= midnight(now, -days));
  if (recent) return recent[0];
  return `${moment.getFullYear()}-${String(moment.getMonth() + 1).padStart(2, "0")}`;
}

/** The title of a group. */
export function dayLabel(group) {
  const names = {
    pinned: t("Pinned"),
    today: t("Today"),
    yesterday: t("Yesterday"),
    week: t("Previous 7 days"),
  };
  if (group in names) return names[group];
  const [year, month] = group.split("-").map(Number);
  return date(new Date(year, month - 1), { year: "numeric", month: "long" });
}

/** Milliseconds until the next day. */
export function untilTomorrow(now) {
  return midnight(now, 1) - now;
}

function midnight(now, days) {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days);
}
