/** All requests of this page to the simulator. */

const QUICK = 5_000;
const PATIENT = 60_000;

/** The simulator did not respond, or with an error. */
export class Unreachable extends Error {}

async function request(path, { timeout, ...options }) {
  try {
    const response = await fetch(path, { ...options, cache: "no-store", signal: AbortSignal.timeout(timeout) });
    if (!response.ok) throw new Unreachable(`${path} answered ${response.status}`);
    return await response.json();
  } catch (error) {
    throw error instanceof Unreachable ? error : new Unreachable(path, { cause: error });
  }
}

const get = (path) => request(path, { timeout: QUICK });

const post = (path, body) =>
  request(path, {
    timeout: PATIENT,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

export const messenger = () => get("/world/messenger");
export const quota = (psid) => get(`/world/quota?person=${encodeURIComponent(psid)}`);
export const calls = (since) => get(`/world/graph/calls?since=${since}`);
export const addPerson = (name) => post("/world/messenger/people", { name });

/** Does an action as person `psid`; resolves to the message id and the webhook's status: `{mid, status}`. */
export const send = (psid, action) => post("/world/messenger/send", { person: psid, ...action });
