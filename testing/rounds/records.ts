/**
 * Records of what callers know: the objects of a cloud as its answers said them, and what may have come about besides, as
 * nobody was told the end of a command. Each object is in the hands of one command at a time, so there is at most one such
 * doubt about it; it stays in those hands until somebody has looked.
 */

/** What may have become of a drive, or, of an imaging that was answered, will. */
export type DriveDoubt =
  | { readonly by: "write"; readonly offset: number; readonly bytes: Buffer }
  | { readonly by: "resize"; readonly sizeBytes: number }
  | { readonly by: "destroy" }
  | { readonly by: "image"; readonly result: Buffer; readonly isAnswered: boolean };

/** What every object has: whose it is, by the account's number, and whether a command has it in its hands. */
type Owned = { readonly account: number; readonly name: string; inHand: boolean };

/** The text of its key `user:mark`: what was set last and answered, and what may have been set. */
type Marked = { mark: string | null; markDoubt: string | null };

export type Drive = Owned &
  Marked & {
    readonly uuid: string;
    readonly isShared: boolean;
    bytes: Buffer;
    doubt: DriveDoubt | null;
    /** Something was done to it since somebody looked. */
    touched: boolean;
  };

export type ServerState = "active" | "stopped" | "gone";

/** How far the guest had counted, and in which process. */
export type Count = { readonly pid: number; readonly count: number };

export type Server = Owned &
  Marked & {
    readonly uuid: string;
    readonly persistent: boolean;
    readonly drives: readonly string[];
    readonly vlan: string | null;
    /** The static address that it asks for. */
    readonly address: string | null;
    /** All that it may be. */
    states: ReadonlySet<ServerState>;
    counted: Count | null;
    /** Its guest may have been reset: then it counts anew at some moment. */
    wasReset: boolean;
    /** Callers leave it alone: it runs from the first round on, until its QEMU is killed. */
    readonly stands: boolean;
  };

export type Resource = Owned & {
  readonly type: "ip" | "vlan";
  readonly resource: string;
  doubt: "destroy" | null;
};

/** A create whose answer did not come: the object, if there is one, is known by its name. */
export type Unanswered = {
  readonly account: number;
  readonly path: string;
  /** What an answer calls it by. */
  readonly key: "drive" | "server" | "resource";
  readonly name: string;
  readonly body: string;
  /** Enters the object into the records, which is there with that uuid or address. */
  readonly enter: (id: string) => void;
};

/** What a server is once its QEMU has ended. */
export const ended = ({ persistent }: Pick<Server, "persistent">): ServerState =>
  persistent ? "stopped" : "gone";

export class Records {
  readonly drives = new Map<string, Drive>();
  readonly servers = new Map<string, Server>();
  /** By their addresses and uuids. */
  readonly resources = new Map<string, Resource>();
  readonly unanswered: Unanswered[] = [];
  /** Servers whose QEMU was killed in this round. */
  readonly killed = new Set<string>();

  /** The servers that name the drive and may be there. */
  serversOf(drive: string): Server[] {
    return [...this.servers.values()].filter(({ drives }) => drives.includes(drive));
  }

  /** Whether a server that may be there names the resource. */
  isNamed(resource: string): boolean {
    return [...this.servers.values()].some(({ vlan, address }) => vlan === resource || address === resource);
  }

  /** The QEMU of the server was killed: whatever was under way, it does not run on. */
  noteKilled(uuid: string): void {
    this.killed.add(uuid);
    const server = this.servers.get(uuid);
    if (server === undefined) return;
    server.counted = null;
    // Its cloud may not have seen it yet: whatever is asked of it now may come before or after that.
    const wasInHand = server.inHand;
    server.inHand = true;
    // One that a command has in its hands may be started by it, or undone, or destroyed.
    const others: readonly ServerState[] = wasInHand ? [...server.states, "active", "stopped"] : [];
    server.states = new Set([ended(server), ...others]);
  }
}
