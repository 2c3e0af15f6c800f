/**
 * Finding the addresses of a host by asking name servers directly. The system's own way (getaddrinfo) keeps one of the few
 * threads that also read files until it knows, and a name server that is silent would keep all of them.
 */
import type { LookupAddress } from "node:dns";
import { Resolver, lookup as systemLookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";

/** How long one question waits for its answer, and how often it is asked. */
const ANSWER_MS = 2_000;
const TRIES = 2;

/** The addresses of a name, of which there is at least one. Errors: there are none, or nobody knows. */
export type FindAddresses = (hostname: string) => Promise<readonly LookupAddress[]>;

/** As `net.connect` calls it. */
export const lookupHost: LookupFunction = lookupBy(addressesOf);

/** What `net.connect` calls, which finds addresses in that way. */
export function lookupBy(find: FindAddresses): LookupFunction {
  return (hostname, options, found) => {
    find(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) found(null, [...addresses]);
        else found(null, first?.address ?? "", first?.family);
      },
      (error: unknown) => found(error as NodeJS.ErrnoException, []),
    );
  };
}

/** Asks name servers, then the system. Errors: no name server answers; nobody knows the name. */
export async function addressesOf(hostname: string): Promise<readonly LookupAddress[]> {
  const resolver = new Resolver({ timeout: ANSWER_MS, tries: TRIES });
  const asked = [
    resolver.resolve4(hostname).then((all) => all.map((address) => ({ address, family: 4 }))),
    resolver.resolve6(hostname).then((all) => all.map((address) => ({ address, family: 6 }))),
  ];
  const answers = await Promise.allSettled(asked);
  const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  const silent = answers.find((answer) => answer.status === "rejected" && isSilence(answer.reason));
  if (addresses.length === 0 && silent?.status === "rejected") throw silent.reason;
  // What name servers do not know may stand in this machine's own list, and is answered at once where they answered.
  return addresses.length > 0 ? addresses : systemLookup(hostname, { all: true });
}

const isSilence = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ETIMEOUT";
