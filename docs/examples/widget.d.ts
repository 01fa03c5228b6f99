/**
 * Types of the widget: `window.Parley`, and the events of `window`. Copy this file into your project; what each of them
 * does is in docs/widget.md.
 */

interface ParleyChat {
  /** Opens the chat; after a click or a key, the chat gets the focus. */
  open(): void;
  /** Closes the chat. */
  close(): void;
  /** Says who the visitor is, by a token that your server has signed. */
  identify(token: string): void;
  /** Says that the customer has left: the visitor is anonymous from now on. */
  logout(): void;
  /** Whether the chat is open. */
  readonly isOpen: boolean;
  /** The answers that have come while the chat was closed. */
  readonly unread: number;
}

type ParleyCall = (chat: ParleyChat) => void;

/** Before the script is there, an array whose calls it makes later; then the chat itself. */
interface ParleyQueue {
  push(...calls: ParleyCall[]): unknown;
}

interface Window {
  Parley?: ParleyQueue & Partial<ParleyChat>;
}

/** `Parley` without `window.`, in code that runs after `window.Parley ??= []`. */
declare var Parley: ParleyQueue & Partial<ParleyChat>;

interface WindowEventMap {
  "parley:opened": CustomEvent<null>;
  "parley:closed": CustomEvent<null>;
  "parley:asked": CustomEvent<null>;
  "parley:answered": CustomEvent<null>;
  "parley:unread": CustomEvent<{ readonly unread: number }>;
  "parley:refused": CustomEvent<null>;
}
