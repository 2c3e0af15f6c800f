/**
 * Callers behind proxies of the operator's. Such a proxy says in `X-Forwarded-For` whom it speaks for, adding the address
 * to what came; of anybody else the header says nothing, as everybody can write it.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { BlockList, isIP } from "node:net";
import { busy } from "../base/errors.ts";
import { FairShares } from "../base/fair-shares.ts";
import { addNetwork, hasAddress } from "../base/networks.ts";
import { addressPrefix } from "./address-prefix.ts";

/** How many proxies may be one behind the other. */
const MOST_HOPS = 8;

export class Forwarded {
  readonly #proxies = new BlockList();
  readonly #hasProxies: boolean;
  readonly #requests: FairShares;

  /**
   * @param proxies addresses and networks of those that are believed
   * @param mostConnections how many there are for all: one proxy has a half of them
   */
  constructor(proxies: readonly string[], mostConnections: number) {
    for (const word of proxies) addNetwork(this.#proxies, word);
    this.#hasProxies = proxies.length > 0;
    this.#requests = new FairShares(Math.floor(mostConnections / 2));
  }

  /** From where the request comes; empty where its caller has gone already. */
  addressOf({ socket, headers }: IncomingMessage): string {
    let address = socket.remoteAddress ?? "";
    if (!this.#hasProxies) return address;
    let rest = String(headers["x-forwarded-for"] ?? "");
    for (let hop = 0; hop < MOST_HOPS && hasAddress(this.#proxies, address); hop++) {
      const comma = rest.lastIndexOf(",");
      const before = rest.slice(comma + 1).trim();
      if (isIP(before) === 0) break;
      address = before;
      rest = rest.slice(0, Math.max(0, comma));
    }
    return address;
  }

  /**
   * Counts a request that came by a proxy until it is over: nobody behind it takes so many of its connections that none is
   * left for the next. Errors: `busy`, where its caller has too many.
   */
  admit(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#hasProxies || !hasAddress(this.#proxies, request.socket.remoteAddress ?? "")) return;
    const giveBack = this.#requests.tryTake(addressPrefix(this.addressOf(request)), 1);
    if (giveBack !== null) {
      response.once("close", giveBack);
      return;
    }
    throw busy(
      "too_many_connections",
      "too many requests are under way from your address: try it again when some of them are done",
    );
  }
}
