/**
 * Where the API is and who asks, out of the environment (spec: steps 1 and 2 of the worked example): `EHURI` with or
 * without a trailing slash, `EHAUTH` as USER:SECRET or, with the secret asked for, USER alone.
 */
import { UsageFailure } from "./failure.ts";
import { askSecret } from "./secret.ts";

export type Endpoint = {
  /** Without a trailing slash. */
  readonly uri: URL;
  /** The value of the `Authorization` header. */
  readonly authorization: string;
};

/** Errors: `UsageFailure` for what is missing or malformed, and when there is no terminal to ask for the secret. */
export async function findEndpoint(
  env: NodeJS.ProcessEnv = process.env,
  ask: (prompt: string) => Promise<string> = askSecret,
): Promise<Endpoint> {
  const uri = readUri(env.EHURI ?? "");
  if (!env.EHAUTH) throw new UsageFailure("EHAUTH is not set: export EHAUTH=<user uuid>:<secret API key>");
  const [user = "", ...rest] = env.EHAUTH.split(":");
  const secret = rest.join(":") || (await ask(`Secret API key of ${user}: `));
  return { uri, authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}` };
}

function readUri(text: string): URL {
  if (text === "") throw new UsageFailure("EHURI is not set: export EHURI=<address of the API>");
  const uri = URL.parse(withoutLastSlashes(text));
  if (uri === null || !["http:", "https:"].includes(uri.protocol)) {
    throw new UsageFailure(`EHURI takes an address that begins with http:// or https://, not "${text}"`);
  }
  return uri;
}

/** A text without the slashes that it ends with. */
export function withoutLastSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === "/") end--;
  return text.slice(0, end);
}
