/** Makes message ids, so that a message that is sent again is answered once: https://github.com/ulid/spec. */

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Milliseconds that the clock may have gone back: after more, it was set, and the ids follow it. */
const BACK = 30_000;

let last = -Infinity;

/**
 * Returns a new ULID for a time in milliseconds since 1970. Each has a later time than the one before, because the bot
 * answers in the order of these times: messages of one millisecond get the following ones.
 */
export function ulid(now) {
  last = now > last || now < last - BACK ? now : last + 1;
  const chance = crypto.getRandomValues(new Uint8Array(16));
  return inDigits(last, 10) + Array.from(chance, (byte) => DIGITS[byte % 32]).join("");
}

/** Returns the time of a ULID, in milliseconds since 1970. */
export const timeOf = (id) => [...id.slice(0, 10)].reduce((time, digit) => time * 32 + DIGITS.indexOf(digit), 0);

const inDigits = (number, length) =>
  Array.from({ length }, (_, place) => DIGITS[Math.floor(number / 32 ** (length - 1 - place)) % 32]).join("");
