/** A second user of a test's cloud. */
import type { Cloud } from "./cloud.ts";

export type User = {
  readonly uuid: string;
  /** `user:secret` */
  readonly auth: string;
};

/** Makes an account as an operator does. */
export async function makeUser(cloud: Cloud, name: string): Promise<User> {
  return userIn(await cloud.lodge("user", "create", "--name", name));
}

/** Whose account was made, out of the line that was printed then. */
export function userIn(line: string): User {
  const auth = /^export EHAUTH=(\S+)\n$/.exec(line)?.[1];
  if (auth === undefined) throw new Error(`no account was made: ${line}`);
  return { uuid: auth.slice(0, auth.indexOf(":")), auth };
}
