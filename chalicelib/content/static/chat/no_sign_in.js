/** What the page does about sign-in where the bot has none: the modules for it are then not loaded. */

/** It is never offered, and no reader is signed in. */
export const NO_SIGN_IN = { prepare: async () => {} };

export const WITHOUT_SIGN_IN = { account: () => () => {}, along: () => ({ receive() {}, broke() {} }), person: ({ visitor }) => visitor };
