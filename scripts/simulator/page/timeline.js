/** Computes how messages are shown as a chat: groups, dates and receipts. Pure. */

const GROUP = 5 * 60_000;
const PAUSE = 15 * 60_000;

const TELL = { sending: "Sending…", failed: "Not delivered", sent: "Delivered" };

/** Returns the messages, each with `begins` and `ends` (of a group), `date` (to show above it, or not) and `receipt`. */
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

/** Returns a receipt for some messages: "Seen" for the last one seen, the state of the last one and of failed ones. */
function receiptsOf(messages, seenAt) {
  const mine = messages.filter((message) => message.from === "person" && message.status !== "unsent");
  const seen = mine.findLast((message) => message.status === "sent" && message.at <= (seenAt ?? 0));
  const shown = mine.filter((message) => message.status === "failed" || message === mine.at(-1));
  return new Map([...shown.map((message) => [message, TELL[message.status]]), ...(seen ? [[seen, "Seen"]] : [])]);
}

/** Returns the quick replies of the last message, which the next message removes. */
export const suggestions = (messages) => (messages.at(-1)?.from === "page" && messages.at(-1).quick_replies) || [];
