/** Notifications of answers: whether the user wants them in this browser, and showing one. */
import { browserStore } from "../storage.js";
import { t } from "../texts.js";
import { pathTo } from "../root.js";

const KEY = "quart-chat:notify";

/** Whether this browser can show any: only over HTTPS and on localhost. */
export const canNotify = "Notification" in window && Boolean(navigator.serviceWorker && navigator.locks);

/** Whether the user wants notifications, and the browser allows them. */
export function isWanted() {
  return canNotify && Notification.permission === "granted" && browserStore.read(KEY) === true;
}

/**
 * Switch them on or off; the browser asks for its permission if it has to.
 * @returns {Promise<boolean>} false where the browser does not allow them
 */
export async function want(on) {
  if (on && (await Notification.requestPermission()) !== "granted") return false;
  browserStore.write(KEY, on);
  return true;
}

/** Show that the answer in a chat has ended. */
export async function notify({ id, title, status }) {
  const registration = await navigator.serviceWorker.ready;
  await registration.showNotification(title, {
    body: status === "error" ? t("There is no complete answer.") : t("The answer is complete."),
    icon: document.querySelector('link[rel="apple-touch-icon"]').href,
    lang: document.documentElement.lang,
    tag: id,
    data: { path: pathTo(`/chat/${id}`) },
  });
}
