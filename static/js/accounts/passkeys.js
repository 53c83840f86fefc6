/**
 * Passkeys: the browser asks the user for one, and the server checks it. The server's options and
 * the browser's answers have their bytes in base64url, as in WebAuthn, 5.1.8 and 5.1.9.
 */
import { send, sendForJson } from "../api.js";
import { pathTo } from "../root.js";
import { t } from "../texts.js";

const IP_ADDRESS = /^(\d+\.\d+\.\d+\.\d+|\[.*\])$/;
const LOOPBACK = /^(127\.|\[::1\])/;

const REFUSALS = {
  NotAllowedError: t("The passkey was not used: this was cancelled, or took too long."),
  InvalidStateError: t("This device or key has a passkey for your account already."),
  NotSupportedError: t("No available device or security key can store passkeys."),
  ConstraintError: t("This device or key asks for no PIN, fingerprint or face, so it can't be used."),
  SecurityError: t("The browser allows no passkeys at the address of this page."),
};

/** Why this page can't use passkeys; empty if it can. */
export function whyNoPasskeys() {
  if (!isSecureContext) {
    return t("Passkeys need an encrypted connection. Open this page over HTTPS.");
  }
  if (!window.PublicKeyCredential) return t("This browser doesn't support passkeys.");
  const { hostname, port } = location;
  if (!IP_ADDRESS.test(hostname)) return "";
  if (!LOOPBACK.test(hostname)) {
    return t("Passkeys need a host name in the address of this page, not an IP address.");
  }
  const address = `http://localhost${port && `:${port}`}${pathTo("/")}`;
  return t("Passkeys need a host name. Open {address} instead.", { address });
}

/**
 * Add a passkey to the account.
 * @param {string} name What the user calls it.
 */
export async function addPasskey(name) {
  const { challengeId, options } = await sendForJson("POST", pathTo("/api/passkeys/challenge"));
  const body = { challengeId, name, credential: await create(options) };
  await send("POST", pathTo("/api/passkeys"), body);
}

/**
 * Accept an invite with a passkey alone, and go on to the chat.
 * @param {string} secret The last part of the invite's address.
 * @param {string} name That of the new user.
 */
export async function acceptInvite(secret, name) {
  const path = pathTo("/api/passkeys/invite");
  const { challengeId, options } = await sendForJson("POST", `${path}/challenge`, { secret, name });
  const body = { secret, name, challengeId, credential: await create(options) };
  location.assign((await sendForJson("POST", path, body)).next);
}

/** Have the browser make a passkey, by the server's options; returns what the server checks. */
async function create(options) {
  const publicKey = {
    ...options,
    challenge: toBytes(options.challenge),
    user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: options.excludeCredentials.map((key) => ({ ...key, id: toBytes(key.id) })),
  };
  const credential = await navigator.credentials.create({ publicKey });
  const { attestationObject, clientDataJSON } = credential.response;
  const transports = credential.response.getTransports?.() ?? [];
  return describe(credential, { ...encode({ attestationObject, clientDataJSON }), transports });
}

/**
 * Sign in with a passkey, and go on to a page.
 * @param {string} next The path of that page.
 * @param {AbortSignal} signal
 * @param {CredentialMediationRequirement} [mediation] "conditional": as the browser completes forms.
 */
export async function signIn(next, signal, mediation) {
  const path = pathTo("/api/passkeys/sign-in");
  const { challengeId, options } = await sendForJson("POST", `${path}/challenge`, null, signal);
  const publicKey = { ...options, challenge: toBytes(options.challenge) };
  const credential = await navigator.credentials.get({ publicKey, signal, mediation });
  const { authenticatorData, clientDataJSON, signature, userHandle } = credential.response;
  const answer = encode({ authenticatorData, clientDataJSON, signature, userHandle });
  const body = { challengeId, credential: describe(credential, answer), next };
  location.assign((await sendForJson("POST", path, body)).next);
}

/** What to tell the user about an error of the browser or of a request. */
export function explain(error) {
  if (!(error instanceof DOMException)) return error.message;
  const { name, message } = error;
  return REFUSALS[name] ?? t("The passkey can't be used. {reason}", { reason: message });
}

function describe({ id, type }, response) {
  return { id, rawId: id, type, response, clientExtensionResults: {} };
}

function encode(buffers) {
  const found = Object.entries(buffers).filter(([, buffer]) => buffer);
  return Object.fromEntries(found.map(([name, buffer]) => [name, toText(buffer)]));
}

function toBytes(text) {
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function toText(buffer) {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
