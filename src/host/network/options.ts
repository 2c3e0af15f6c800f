/** What the guests' network of a host is opened with. */
import type { GuestPort } from "./guest-ports.ts";

export type GuestNetworkOptions = {
  /** The cloud's own eight hex digits; its namespace, uplink and table are named `lodge-<id>`. */
  readonly id: string;
  /** `auto`: bridged where the machine allows it. */
  readonly kind: "auto" | "bridged" | "user";
  /** The uid that QEMU runs as, null for the daemon's own. */
  readonly uid: number | null;
  /** The runtime directory, which everybody may pass through; a folder `network` is made in it. */
  readonly runDirectory: string;
  /** The file that remembers the subnet from one boot to the next. */
  readonly stateFile: string;
  /** The guests' subnet, e.g. `10.64.0.0/20`; null: a private one that the machine does not know. */
  readonly subnet: string | null;
  /**
   * Networks that the guests' subnet must not meet besides those that the machine knows, such as `203.0.113.0/24`: the
   * operator's pools. A subnet that servers use stays all the same.
   */
  readonly avoid?: readonly string[];
  /** The ports of the machine itself that guests reach; with user-mode networking they mean nothing. */
  readonly guestPorts: readonly GuestPort[];
  /** The processes of the servers that run, whose kind of network stays theirs. */
  readonly servers: () => Promise<readonly number[]>;
  /** Told what went wrong in the background, where it is tried again. */
  readonly warn: (message: string, error: unknown) => void;
};
