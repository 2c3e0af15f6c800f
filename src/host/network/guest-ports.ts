/**
 * Guest ports: the ports of the machine itself that guests reach. They are none, unless the operator names some; the
 * home remembers what was named last.
 */
import { readFile } from "node:fs/promises";
import { replaceFile } from "../../base/atomic-file.ts";

/** One port or several in a row, of one protocol or, as null, of both. */
export type GuestPort = {
  readonly first: number;
  readonly last: number;
  readonly protocol: "tcp" | "udp" | null;
};

const NONE = "none";
const PORT = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp))?$/;
/** Each is a rule that every packet for the machine passes. */
const MOST = 64;

/** Reads a list such as `53,8000-8080/tcp`, or `none`. Errors: it is neither; it has more than 64 entries. */
export function parseGuestPorts(text: string): readonly GuestPort[] {
  if (text === NONE) return [];
  const words = text.split(",");
  if (words.length > MOST) throw new Error(`at most ${MOST} ports and ranges of ports can be named`);
  return words.map((word) => {
    const [, start = "", end = start, protocol] = PORT.exec(word) ?? [];
    const [first, last] = [Number(start), Number(end)];
    if (start === "" || first < 1 || first > last || last > 65_535) {
      throw new Error(
        `ports are named like 53,8000-8080/tcp,123/udp, or "${NONE}", not "${text.slice(0, 100)}"`,
      );
    }
    return { first, last, protocol: protocol === "tcp" || protocol === "udp" ? protocol : null };
  });
}

/** The list as `parseGuestPorts` reads it. */
export function guestPortsText(ports: readonly GuestPort[]): string {
  const words = ports.map((port) => rangeText(port) + (port.protocol === null ? "" : `/${port.protocol}`));
  return words.length === 0 ? NONE : words.join(",");
}

/** Rules of nftables that accept what is sent to these ports, a line each. */
export function guestPortRules(ports: readonly GuestPort[]): string[] {
  return ports.map((port) => {
    const range = rangeText(port);
    return port.protocol === null
      ? `meta l4proto { tcp, udp } th dport ${range} accept`
      : `${port.protocol} dport ${range} accept`;
  });
}

/**
 * The ports that were named now, which the file remembers from then on; undefined: those that it remembers. A file that
 * cannot be read remembers none, and `warn` is called.
 */
export async function rememberGuestPorts(
  file: string,
  named: readonly GuestPort[] | undefined,
  warn: (message: string, error: unknown) => void,
): Promise<readonly GuestPort[]> {
  if (named !== undefined) {
    await replaceFile(file, `${guestPortsText(named)}\n`, { mode: 0o644 });
    return named;
  }
  try {
    return parseGuestPorts((await readFile(file, "utf8")).trim());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      warn("the ports of this machine that guests reach are not known any more: they are none", error);
    }
    return [];
  }
}

const rangeText = ({ first, last }: GuestPort) => (first === last ? `${first}` : `${first}-${last}`);
