/** One attempt to sign in: its random values, and the `state` that the issuer returns, with the chat's key and room. */

/** Names in this tab's storage: the attempt, the state of the one that has left for the issuer, and what came back. */
export const ATTEMPT = "parley.sign-in.attempt";
export const LEFT = "parley.sign-in.left";
export const RETURNED = "parley.sign-in.returned";

/** Returns `{secret, verifier, nonce, challenge, state}`. The slot in the state is the hash of the secret. */
export async function attempt(key, room) {
  const [secret, verifier, nonce] = [random(), random(), random()];
  const [slot, challenge] = await Promise.all([digest(secret), digest(verifier)]);
  return { secret, verifier, nonce, challenge, state: `${slot}.${key}.${encodeURIComponent(room)}` };
}

/** Returns the `{slot, key, room}` of a state; of a text that is none, empty texts. */
export function parsed(state) {
  const [, slot = "", key = "", room = ""] = /^([\w-]{43})\.([a-z0-9]*)\.(.*)$/.exec(state) ?? [];
  return { slot, key, room: decoded(room) };
}

/** Returns the claims of an ID token, which the bot verifies on each connection; of a text that is none, no claims. */
export function claims(token) {
  try {
    const text = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (each) => each.charCodeAt(0))));
  } catch {
    return {};
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

const digest = async (text) => base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
