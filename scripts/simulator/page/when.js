/** Formats times in the reader's time zone. */

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const secondsFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

export const clock = (at) => clockFormat.format(at);
export const seconds = (at) => secondsFormat.format(at);

const isToday = (at) => new Date(at).toDateString() === new Date().toDateString();

/** Returns "14:05" for today, "Thu 20 Nov, 14:05" for another day. */
export const moment = (at) => (isToday(at) ? clock(at) : `${dayFormat.format(at).replace(",", "")}, ${clock(at)}`);
