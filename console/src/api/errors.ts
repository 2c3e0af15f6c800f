/** What the API refuses with: its own sentence, and what tells errors apart. */
import { text } from "../app/text.ts";

export class ApiError extends Error {
  readonly status: number;
  /** Finer than the status (`X-Lodge-Error`). */
  readonly code: string;
  /** The key of the input that is at fault, null where it is none or many. */
  readonly key: string | null;

  constructor(sentence: string, { status, code, key }: Pick<ApiError, "status" | "code" | "key">) {
    super(sentence);
    this.status = status;
    this.code = code;
    this.key = key;
  }

  static async of(answer: Response): Promise<ApiError> {
    const { status, headers } = answer;
    const key = headers.get("X-Elastic-Key");
    // A page is of what stands between, such as a proxy: the API says a sentence.
    const said = isPage(answer) ? "" : (await answer.text()).trim();
    const code = headers.get("X-Lodge-Error") ?? "";
    // A browser brings its session, where there is one: how programs are to ask helps nobody here.
    const sentence = code === "credentials_missing" ? text.loggedOut : said;
    return new ApiError(sentence === "" ? text.failedWith(status) : sentence, {
      status,
      code,
      key: key === null ? null : decoded(key),
    });
  }
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Something else answered, such as the page to log in to a network: of what was asked nothing is known. */
export class AnsweredByOther extends Error {
  constructor() {
    super(text.answeredByOther);
  }
}

/** Whether an answer is for people to look at: the API has none that is. */
export const isPage = ({ headers }: Response): boolean =>
  /^text\/html\b/i.test(headers.get("Content-Type") ?? "");

/** The cloud was not reached: of what was asked nothing is known. */
export class Unreachable extends Error {
  constructor() {
    super(text.unreachable);
  }
}

/** Beginning as sentences do. */
export const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);

/** A sentence for whoever reads it. */
export const sentenceOf = (error: unknown): string =>
  capital(error instanceof Error ? error.message : String(error));

export const isStatus = (error: unknown, status: number) =>
  error instanceof ApiError && error.status === status;
