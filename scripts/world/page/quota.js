/** Shows what the chosen person may still ask today. */

import { byId, el, say } from "/page/dom.js";

const ACCESS = { default: "Daily limit", unlimited: "Unlimited", blocked: "Blocked" };

/** Returns `show({name, quota})`. */
export function quotaPanel() {
  let shown = "";
  return ({ name, quota }) => {
    const text = JSON.stringify([name, quota]);
    if (text === shown) return;
    shown = text;
    byId("quota").replaceChildren(...(quota.known ? knownPerson(name, quota) : [stranger(name)]));
    say(byId("glance"), glance(quota));
  };
}

const stranger = (name) => el("p", { class: "hint" }, `The bot does not know ${name} yet. Write to it.`);

const limited = ({ access, limit }) => access === "default" && limit !== null;

const glance = (quota) => (quota.known && limited(quota) ? `${quota.used} of ${quota.limit} today` : "");

function knownPerson(name, quota) {
  return [
    el(
      "p",
      { class: "used" },
      el("strong", { "data-testid": "quota-used" }, limited(quota) ? `${quota.used} of ${quota.limit}` : String(quota.used)),
      el("span", {}, " used today"),
      el("span", { class: "access", "data-access": quota.access }, ACCESS[quota.access] ?? quota.access),
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
  if (quota.access === "blocked") return `The bot drops what ${name} writes.`;
  if (!limited(quota)) return `${name} may ask as often as they like.`;
  return `Resets at ${quota.resets_at}.`;
}
