/** A stream of changes as whoever follows it reads it (HTML, Server-sent events). */
import { until } from "./until.ts";

/** Much longer than it takes until something is told. */
const PATIENCE_MS = 60_000;

type Told = {
  readonly id: number;
  readonly event: string;
  readonly data: Readonly<Record<string, string>>;
};

/** One that was asked for by `fetch`, read until it ends or is left. */
export class Followed {
  readonly told: Told[] = [];
  readonly response: Response;
  readonly over: Promise<void>;
  readonly #aborting: AbortController;

  constructor(response: Response, aborting: AbortController) {
    this.response = response;
    this.#aborting = aborting;
    this.over = this.#read().catch(() => {});
  }

  async #read(): Promise<void> {
    let text = "";
    for await (const chunk of this.response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const parts = text.split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) this.#take(part);
    }
  }

  #take(part: string): void {
    const fields = new Map(
      part
        .split("\n")
        .filter((line) => !line.startsWith(":"))
        .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)] as const),
    );
    const data = fields.get("data");
    if (data === undefined) return;
    this.told.push({
      id: Number(fields.get("id")),
      event: fields.get("event") ?? "",
      data: JSON.parse(data),
    });
  }

  /** Waits until so many were told in all; answers them in short. */
  async first(count: number): Promise<readonly string[]> {
    await until(
      `${count} events were told`,
      async () => (this.told.length >= count ? true : null),
      PATIENCE_MS,
    );
    return this.told.map(({ event, data: { type = "", status = "" } }) =>
      [event, type, status].filter((word) => word !== "").join(" "),
    );
  }

  get lastId(): string {
    return String(this.told.at(-1)?.id ?? "");
  }

  leave(): Promise<void> {
    this.#aborting.abort();
    return this.over;
  }
}
