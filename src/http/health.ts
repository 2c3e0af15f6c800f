/**
 * Health, for those who start and stop the daemon and lead callers to it: `live`, it can be left running, and `ready`,
 * callers can be led to it. Live is whoever answers: the event loop turns, and what else could be wrong no restart mends.
 * A full disk makes nobody unready: what makes room comes by the API.
 */
import { atMostEvery } from "../base/at-most-every.ts";
import { withinOr } from "../base/deadline.ts";
import type { Exchange } from "./exchange.ts";
import type { Route } from "./route.ts";
import { send } from "./send.ts";

/** How often the store is asked at most, whoever asks here, and how long it may take. */
const ASK_EVERY_MS = 1_000;
const STORE_MS = 2_000;

/** Why callers are not to be led here now. */
export type Unready = "stopping" | "store_unavailable";

export class Health {
  readonly #storeAnswers: () => Promise<boolean>;
  #isStopping = false;

  /** @param askStore any question of the store. Errors: it does not answer */
  constructor(askStore: () => Promise<unknown>) {
    this.#storeAnswers = atMostEvery(ASK_EVERY_MS, () =>
      withinOr(
        STORE_MS,
        askStore().then(
          () => true,
          () => false,
        ),
        () => false,
      ),
    );
  }

  /** From now on it is not ready, for good: who leads callers here is to lead them elsewhere. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Null when it is ready. */
  async unready(): Promise<Unready | null> {
    if (this.#isStopping) return "stopping";
    return (await this.#storeAnswers()) ? null : "store_unavailable";
  }
}

type HealthRoute = Route & { answer(health: Health, exchange: Exchange): void | Promise<void> };

const METHODS = ["GET", "HEAD"];
const JSON_TYPE = "application/json";
/** An answer of a moment ago says nothing of now. */
const FRESH = ["Cache-Control", "no-store"];

/** `/health` says as much as `/health/live`; it was there before the two. */
export const HEALTH_ROUTES: readonly HealthRoute[] = [
  { path: ["health"], methods: METHODS, answer: (_, exchange) => answerLive(exchange) },
  { path: ["health", "live"], methods: METHODS, answer: (_, exchange) => answerLive(exchange, FRESH) },
  { path: ["health", "ready"], methods: METHODS, answer: answerReady },
];

function answerLive(exchange: Exchange, headers: readonly string[] = []): void {
  send(exchange, 200, JSON_TYPE, '{"status":"ok"}', headers);
}

async function answerReady(health: Health, exchange: Exchange): Promise<void> {
  const reason = await health.unready();
  if (reason === null) send(exchange, 200, JSON_TYPE, '{"status":"ready"}', FRESH);
  else {
    const body = JSON.stringify({ status: "unready", reason });
    send(exchange, 503, JSON_TYPE, body, [...FRESH, "Retry-After", "1"]);
  }
}
