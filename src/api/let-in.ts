/** Whether somebody who goes on taking what they asked for once is let in still. */
import type { UserId } from "../base/ids.ts";
import type { Caller } from "./command.ts";

export type LetIn = {
  /** Whether the caller is still let in, with what they came with. */
  isLetIn(caller: Caller): Promise<boolean>;
  /** Calls `listener` when that may be so no more, until the function that this returns is called. */
  onChange(user: UserId, listener: () => void): () => void;
};

/** How often it is asked, besides at each change of their account. */
const ASK_EVERY_MS = 60_000;

type Asking = {
  withdraw(): void;
  /** Told of why it could not be asked. */
  onTrouble(error: unknown): void;
  readonly everyMs?: number;
};

/** Calls `withdraw` once the caller is let in no more, until the function that this returns is called. */
export function whenWithdrawn(
  letIn: LetIn,
  caller: Caller,
  { withdraw, onTrouble, everyMs = ASK_EVERY_MS }: Asking,
): () => void {
  const ask = async () => {
    if (!(await letIn.isLetIn(caller))) withdraw();
  };
  const askAgain = () => void ask().catch(onTrouble);
  const timer = setInterval(askAgain, everyMs).unref();
  const endListening = letIn.onChange(caller.login.user, askAgain);
  // What changed since they were asked for who they are, before it was listened to.
  askAgain();
  return () => {
    clearInterval(timer);
    endListening();
  };
}
