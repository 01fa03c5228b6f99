/** Fetches and shows the chosen person's questions left today. */

import * as api from "/page/api.js";
import { byId, el, say } from "/page/dom.js";
import { poll } from "/page/poll.js";

const EVERY = 1_000;
const ACCESS = { default: "Daily limit", unlimited: "Unlimited", blocked: "Blocked" };

/** Polls the quota of the person `current()` after `ready`; returns a function that fetches it now. */
export function followQuota({ current, ready }) {
  let shown = "";

  const ask = async () => {
    await ready;
    const person = current();
    return { person, quota: await api.quota(person.psid) };
  };
  const onResponse = ({ person, quota }) => {
    const text = JSON.stringify([person.psid, quota]);
    if (text === shown || person.psid !== current().psid) return;
    shown = text;
    show(person.name, quota);
  };
  return poll({ ask, onResponse, every: EVERY });
}

function show(name, quota) {
  byId("quota").replaceChildren(...(quota.known ? knownPerson(name, quota) : [stranger(name)]));
  say(byId("glance"), glance(quota));
}

const stranger = (name) => el("p", { class: "hint" }, `The bot does not know ${name} yet. Send it a message.`);

const access = (quota) => ACCESS[quota.access] ?? quota.access;
const limited = ({ access, limit }) => access === "default" && limit !== null;

function glance(quota) {
  if (!quota.known) return "";
  return limited(quota) ? `${quota.used} of ${quota.limit} today` : access(quota);
}

function knownPerson(name, quota) {
  return [
    el(
      "p",
      { class: "used" },
      el("strong", { "data-testid": "quota-used" }, limited(quota) ? `${quota.used} of ${quota.limit}` : String(quota.used)),
      el("span", {}, " used today"),
      el("span", { class: "access", "data-access": quota.access }, access(quota)),
    ),
    limited(quota) ? meter(name, quota) : null,
    el("p", { class: "hint" }, consequence(name, quota)),
  ].filter(Boolean);
}

function meter(name, { used, limit }) {
  const bar = el("progress", { max: limit, value: Math.min(used, limit), "aria-label": `${name}’s questions today` });
  bar.dataset.spent = used >= limit;
  return bar;
}

function consequence(name, quota) {
  if (quota.access === "blocked") return `The bot ignores messages from ${name}.`;
  if (!limited(quota)) return `${name} has no daily limit.`;
  return `Resets at ${quota.resets_at}.`;
}
