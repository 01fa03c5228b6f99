/** What the page does about sign-in where the bot has none: the modules for it are then not loaded. */

export const NO_SIGN_IN = { offered: false, isSignedIn: false, isActive: false, isWaiting: false, isReady: false, trouble: null, prepare: async () => {} };

export const WITHOUT_SIGN_IN = { account: () => () => {}, along: () => ({ receive() {}, broke() {} }), person: ({ visitor }) => visitor };
