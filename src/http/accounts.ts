/** What the server asks of the cloud's accounts. */
import type { Caller, Login, SecretOf } from "../api/command.ts";
import type { UserId } from "../base/ids.ts";

export type Accounts = {
  /** Whose the secret is, or null when it is nobody's. Comparing secrets safely is its matter. */
  authenticate(user: string, secret: string, by?: SecretOf): Promise<Login | null>;
  /**
   * Calls `listener` whenever what was answered of a key of the user may hold no more, until the function that this
   * returns is called.
   */
  onChange(user: UserId, listener: () => void): () => void;
  /** The account of that uuid, which may be anything that came; null where there is none. */
  find(user: string): Promise<Pick<Caller, "user" | "role"> | null>;
};
