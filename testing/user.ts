/** A second user of a test's cloud. */
import type { Cloud } from "./cloud.ts";

export type User = {
  readonly uuid: string;
  /** `user:secret` */
  readonly auth: string;
};

/** Makes an account as an operator does. */
export async function makeUser(cloud: Cloud, name: string): Promise<User> {
  const { stdout, stderr } = await cloud.tool("lodge", ["user", "create", "--name", name]);
  const auth = /^export EHAUTH=(\S+)\n$/.exec(stdout)?.[1];
  if (auth === undefined) throw new Error(`no account was made: ${stdout}${stderr}`);
  return { uuid: auth.slice(0, auth.indexOf(":")), auth };
}
