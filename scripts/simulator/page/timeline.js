/** Prepares a list of messages for display: groups, dates between them, and delivery states. Pure. */

const GROUP = 5 * 60_000;
const PAUSE = 15 * 60_000;

const STATES = { sending: "Sending…", failed: "Not delivered", sent: "Delivered" };

/** The messages, each with `begins`/`ends` (of a group), `date` (shown above it or not) and `receipt`. */
export function timeline(messages, { seenAt }) {
  const receipts = receiptsOf(messages, seenAt);
  return messages.map((message, index) => {
    const [before, after] = [messages[index - 1], messages[index + 1]];
    return {
      ...message,
      date: !before || message.at - before.at > PAUSE,
      begins: !together(before, message, receipts),
      ends: !together(message, after, receipts),
      receipt: receipts.get(message) ?? null,
    };
  });
}

const together = (one, two, receipts) =>
  one && two && one.from === two.from && two.at - one.at <= GROUP && !receipts.has(one);

/** Returns the text below messages: "Seen" at the last seen one, the state at the last one and at failed ones. */
function receiptsOf(messages, seenAt) {
  const mine = messages.filter((message) => message.from === "person" && message.status !== "unsent");
  const seen = mine.findLast((message) => message.status === "sent" && message.at <= (seenAt ?? 0));
  const reported = mine.filter((message) => message.status === "failed" || message === mine.at(-1));
  return new Map([...reported.map((message) => [message, STATES[message.status]]), ...(seen ? [[seen, "Seen"]] : [])]);
}

/** The quick replies of the last message; any later message removes them. */
export const suggestions = (messages) => (messages.at(-1)?.from === "page" && messages.at(-1).quick_replies) || [];
