/** Telling all who serve a store that what is known of an account's keys, sessions or role holds no more. */
import type { Store } from "../store/store.ts";

/** The topic that is rung then. */
const topicOf = (user: string) => `account:${user}`;

/** To be called after the commit of whatever ends or changes what a user's keys and sessions open. */
export const accountChanged = (store: Store, user: string): void => store.ring(topicOf(user));

/** Calls `listener` then, until the function that this returns is called. */
export const onAccountChange = (store: Store, user: string, listener: () => void): (() => void) =>
  store.listen(topicOf(user), listener);
