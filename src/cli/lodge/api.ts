/**
 * The API as the subcommands of `lodge` ask it that are its clients: where it is and who asks comes from the environment, as
 * for the tools (`EHURI`, `EHAUTH`), or, on the machine of the cloud, from its home.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { usage } from "../../base/errors.ts";
import { findHome, homeDirectory } from "../../home.ts";
import { expectSuccess } from "../client/answer.ts";
import { findEndpoint } from "../client/endpoint.ts";
import { UsageFailure } from "../client/failure.ts";
import { send, urlOf } from "../client/request.ts";

/** What is answered of one object. */
export type Answered = Readonly<Record<string, unknown>>;

/** For how long nothing may come. */
const SILENCE_MS = 60_000;

export class Api {
  readonly #env: NodeJS.ProcessEnv;
  /** In whose place it is asked. */
  readonly #user: string | undefined;

  /** @param user in whose place it is asked; undefined for nobody's */
  constructor(env: NodeJS.ProcessEnv, user: string | undefined) {
    this.#env = env;
    this.#user = user;
  }

  /** What a reading command answers. Errors: why it does not. */
  read(...words: readonly string[]): Promise<unknown> {
    return this.#ask(words, null, "properties");
  }

  /** What is told of the account: of who asks, or of the one in whose place it would be asked, which may be closed. */
  readAccount(...words: readonly string[]): Promise<unknown> {
    if (this.#user === undefined) return this.read("profile", ...words);
    return new Api(this.#env, undefined).read("accounts", this.#user, ...words);
  }

  /** What a command answers that changes something. Errors: why it does not. */
  async change(words: readonly string[], given: Answered): Promise<Answered> {
    return (await this.#ask(words, given, "properties")) as Answered;
  }

  /** The same of one that answers nothing. */
  async act(words: readonly string[], given: Answered = {}): Promise<void> {
    await this.#ask(words, given, "nothing");
  }

  async #ask(
    words: readonly string[],
    given: Answered | null,
    returned: "properties" | "nothing",
  ): Promise<unknown> {
    const endpoint = await findEndpoint(this.#env).catch((cause: unknown) => {
      throw cause instanceof UsageFailure ? usage(cause.message, { cause }) : cause;
    });
    const content = Buffer.from(given === null ? "" : JSON.stringify(given));
    const hasBody = given !== null && Object.keys(given).length > 0;
    const call = {
      ...({ words: words.map(encodeURIComponent), method: given === null ? "GET" : "POST" } as const),
      headers: {
        Accept: "application/json",
        ...(hasBody ? { "Content-Type": "application/json" } : {}),
        ...(this.#user === undefined ? {} : { "X-Elastic-User": this.#user }),
      },
      ...(hasBody ? { body: { content, lengthBytes: content.length } } : {}),
      silenceMs: SILENCE_MS,
    };
    try {
      const answer = await send(endpoint, call);
      await expectSuccess(answer, urlOf(endpoint, call.words), returned);
      const came = await text(answer);
      return came === "" ? null : (JSON.parse(came) as unknown);
    } finally {
      endpoint.agent.destroy();
    }
  }
}

/**
 * @param home whose cloud is asked, before whatever the environment says
 * @param user in whose place it is asked, for an admin
 *
 * Errors: `usage`, nothing says where the API is.
 */
export function apiAt(home: string | undefined, user: string | undefined): Api {
  const { EHURI, EHAUTH } = process.env;
  if (home === undefined && EHURI && EHAUTH) return new Api(process.env, user);
  return new Api({ ...process.env, ...placeIn(home) }, user);
}

/** Where the cloud of a home is, and who its first user is. Errors: `usage`. */
function placeIn(home: string | undefined): { EHURI: string; EHAUTH: string } {
  const found = findHome(home);
  const file = join(found?.dir ?? homeDirectory(home), "env");
  const lines = found === null ? "" : readLines(file);
  const uri = /^export EHURI=(\S+)$/m.exec(lines)?.[1];
  const auth = /^export EHAUTH=(\S+)$/m.exec(lines)?.[1];
  if (uri !== undefined && auth !== undefined) return { EHURI: uri, EHAUTH: auth };
  throw usage(
    `EHURI and EHAUTH are not set, and ${file} does not say where the API is: export both, or name a home with --home`,
  );
}

function readLines(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
