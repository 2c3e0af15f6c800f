/**
 * The host: what a machine does for the cloud, as an interface that a network can lie under. Every effect is named by
 * its object's uuid and bears the object's generation, so that it can be repeated from any point, and one that comes
 * late is refused. A host answers facts; what follows from them is decided above it. It knows no users, no SQL, no HTTP.
 */
import type { Duplex } from "node:stream";

/**
 * Grows with every intent that is recorded of an object. A host remembers the highest that it has seen of each object,
 * and does nothing for a lower one (`Outdated`).
 */
export type Generation = number;

export type Cipher = "none" | "aes-xts-plain";

/** What a host needs to know to open what a drive's bytes are in. */
export type Volume = {
  /** Of the drive whose first volume it is. */
  readonly uuid: string;
  readonly format: "raw" | "qcow2";
  /** The size that the user sees, to the byte; what lies under it may be rounded up. */
  readonly sizeBytes: number;
  readonly cipher: Cipher;
  /** Its own secret (text; unwrapped), null with cipher `none`. */
  readonly secret: string | null;
  /** The volume that it is a layer over; none has one yet. */
  readonly backing: null;
  /**
   * The SHA-256 of a content that never changes, as a standard image's: it is opened for reading alone, by any number
   * at once. Absent for one that is written.
   */
  readonly sealed?: string;
};

/** Cumulative I/O of a drive or a device. */
export type IoCounters = {
  readonly readBytes: number;
  readonly readRequests: number;
  readonly writeBytes: number;
  readonly writeRequests: number;
};

/** What becomes of a drive's bytes on their way to another: packed into a gzip stream, or unpacked from one. */
export type Conversion = "gzip" | "gunzip";

/** A target that is to hold what a source holds, or what that converts to, and zeroes behind. */
export type CopyJob = {
  /** Names the job; a second start of the same one does nothing. */
  readonly id: string;
  readonly source: Volume;
  readonly target: Volume;
  /** Null where bytes are copied as they are. */
  readonly conversion: Conversion | null;
};

/** A target that is to hold what a URL leads to, as it comes, and zeroes behind. */
export type FetchJob = {
  /** As of a copy job. */
  readonly id: string;
  readonly target: Volume;
  /** Of http or https. It may bear secrets: no error and no log has more of it than its origin. */
  readonly url: string;
  /** What the content must have, in lower case; null: whatever it has. */
  readonly sha256: string | null;
};

/** What is known of a job by whoever ends it. */
export type JobName = {
  readonly id: string;
  /** The uuid of the drive that it fills. */
  readonly target: string;
};

/** How a job stands; `part` is how much of the source is through, from 0 to 1, and begins anew when the job does. */
export type JobState =
  | { readonly state: "running"; readonly part: number }
  | { readonly state: "done" }
  /** `error` is a LodgeError where it is for the caller to read. */
  | { readonly state: "failed"; readonly error: Error };

/** Space on the disk: what is free, and what the drives' files take. Costs nothing that grows with their number. */
export type DiskSpace = { readonly freeBytes: number; readonly allocatedBytes: number };

/** What is known of a drive's file without its secret. */
export type FileDescription = {
  readonly format: Volume["format"];
  /** In whole sectors: the size that the user saw may be up to 511 bytes less. */
  readonly sizeBytes: number;
  /** The highest generation that this host has seen of the drive. */
  readonly generation: Generation;
};

/** Drives on this host. Errors of all: `Outdated` where a generation is given, `Unreachable`, `failed`. */
export interface DriveHost {
  /** Makes the volume's file, reading as zeroes. Does nothing when it is already there. Errors: `full`. */
  create(volume: Volume, generation: Generation): Promise<void>;
  /**
   * Grows or shrinks; what is new reads as zeroes. `volume` bears the old size. What was done, or was refused, is
   * `Outdated` when it comes again: something may have been written since. Errors: `full`, `busy`.
   */
  resize(volume: Volume, sizeBytes: number, generation: Generation): Promise<void>;
  /** Removes the drive's file; does nothing when there is none. Ends a job onto it. */
  destroy(uuid: string, generation: Generation): Promise<void>;
  /**
   * Reads `length` bytes at `offset`; the caller keeps it within `sizeBytes`. A drive that a running server holds is
   * read through that server's QEMU.
   */
  read(volume: Volume, offset: number, length: number): Promise<Buffer>;
  /**
   * Writes the bytes at `offset` and answers their number once they are on stable storage. Held in memory only within a
   * bound; the chunks are taken over, and may be empty afterwards. A write that would pass the end is `full` and, where
   * `lengthBytes` was known beforehand, changes nothing. Errors: `busy` while a server or a job holds the drive.
   */
  write(
    volume: Volume,
    offset: number,
    bytes: AsyncIterable<Uint8Array>,
    lengthBytes?: number,
  ): Promise<number>;
  /**
   * Begins the job and answers once it is under way; it is done once the target is on stable storage. Until then, and
   * when it fails, the target reads as zeroes; one that found no room to begin has changed nothing. A source that a running server holds is read through that server's QEMU.
   * Whatever is lost on the way (a process, the server), the job begins anew by itself. Jobs end with the daemon.
   * Its errors, answered by `job`: `usage` for a source that holds no whole gzip stream, `full`, `failed`.
   */
  startCopy(job: CopyJob, generation: Generation): Promise<void>;
  /**
   * The same for a job that fetches: what is lost on the way is gone on with where the source allows that, else it begins
   * anew. Nothing is asked of an address that is this machine's, its networks', or otherwise not public. Its errors, answered
   * by `job`: `usage` where the source does not give what was wanted, `full`, `failed`.
   */
  startFetch(job: FetchJob, generation: Generation): Promise<void>;
  /**
   * How the job stands; null when this host knows none of that id. One that has ended is known until it is forgotten,
   * another onto its target begins, or the target is destroyed.
   */
  job(id: string): Promise<JobState | null>;
  /**
   * Ends the job where it is under way, and forgets it; none of that generation of the target begins from now on. Never
   * `Outdated`.
   */
  forgetJob(job: JobName, generation: Generation): Promise<void>;
  /** The uuids of all drives whose files are here. */
  list(): Promise<readonly string[]>;
  /** What the drive's file is by itself, for an operator who takes it into a store that does not know it; null: none. */
  describe(uuid: string): Promise<FileDescription | null>;
  space(): Promise<DiskSpace>;
}

export type Device = {
  /** The key of the configuration that names it, e.g. `ide:0:0`; its counters bear it. */
  readonly key: string;
  readonly bus: "ide" | "scsi" | "block";
  /** The bus (ide 0-1, scsi 0) and unit (ide 0-1, scsi 0-7); for block both 0 and the index in `unit`. */
  readonly busIndex: number;
  readonly unit: number;
  readonly media: "disk" | "cdrom";
  readonly volume: Volume;
  /** Several servers may write on it at once (claim:type shared). */
  readonly shared: boolean;
  /** Place in the boot order from 0, null when it is not booted from. */
  readonly bootIndex: number | null;
};

export type NicModel = "e1000" | "rtl8139" | "virtio";

/** The network that an address of the operator's is in. */
export type StaticNetwork = {
  readonly prefix: number;
  /** The guests' router in it, which is this host. */
  readonly gateway: string;
  readonly nameservers: readonly string[];
};

/** An address that DHCP offers; `network` is null for one of the host's own subnet. */
export type Lease = { readonly address: string; readonly network: StaticNetwork | null };

export type Nic = {
  readonly index: number;
  readonly model: NicModel;
  readonly mac: string;
  /** The uuid of the VLAN that it is in, null for the guests' network. */
  readonly vlan: string | null;
  /** Null where no address is offered, as in every VLAN. */
  readonly lease: Lease | null;
};

export type VncSpec = {
  readonly address: string;
  /** Null means closed. */
  readonly password: string | null;
  /** Taken over TLS alone (VeNCrypt), not in the clear. */
  readonly tls: boolean;
};

/** Files with the names that cloud-init looks for; `content` may hold secrets. */
export type Seed = readonly { readonly name: "meta-data" | "user-data"; readonly content: string }[];

/** Everything about a server that its QEMU needs. */
export type ServerSpec = {
  readonly uuid: string;
  readonly name: string;
  readonly cpuMhz: number;
  readonly memMib: number;
  readonly cores: number;
  readonly sockets: number;
  readonly devices: readonly Device[];
  readonly nics: readonly Nic[];
  /** VNC on port 5900, null when the server has none. */
  readonly vnc: VncSpec | null;
  /** Of a launch: what its guest finds on a CD beside its devices; absent: there is no such CD. */
  readonly seed?: Seed;
};

/** The state of a QEMU, by its own events: `dead` is an internal error or a panic. */
export type RunState = "active" | "paused" | "dumped" | "dead";

/**
 * A run of a server that this host knows of: one whose QEMU is there, or one that has ended and is kept, with its last
 * counters, until it is released. `responsive` says whether the QEMU answers; one that does not runs on all the same.
 */
export type Instance = {
  readonly uuid: string;
  /** The highest generation that this host has seen of the server; 0 for a run of before there were generations. */
  readonly generation: Generation;
  /** When its QEMU was launched, seconds since the epoch. */
  readonly started: number;
} & (
  | { readonly state: RunState; readonly responsive: boolean }
  | {
      readonly state: "ended";
      readonly counters: ServerCounters;
      /** The generation of its launch, or of what was applied to it last. */
      readonly ranAt: Generation;
      /** How many seconds ago its QEMU ended, as far as this host knows; null: any time since its daemon was there last. */
      readonly endedAgoS: number | null;
    }
);

/**
 * How many bytes of IP packets a run's NIC has sent to outside of the cloud and received from there, by one counter. Each has
 * a name that no other has; one that was lost gives way to another, which begins at 0.
 */
export type UplinkCount = { readonly counter: string; readonly bytes: number };

export type ServerCounters = {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly txBytes: number;
  readonly txPackets: number;
  /** Of each drive device, by its key. */
  readonly devices: Readonly<Record<string, IoCounters>>;
  /** Of a run that has ended, where it had one and that could be read. */
  readonly uplink?: UplinkCount | undefined;
};

/** What a run has used since its launch: cumulative, but for memory. */
export type RunUse = {
  /** Tells the run from all others on its host. */
  readonly run: string;
  /** How long ago it was launched. */
  readonly ageS: number;
  /** The time of one core that its QEMU took. */
  readonly cpuMs: number;
  /** How much memory of the machine it has now. */
  readonly residentBytes: number;
  /** As its QEMU told them last, some seconds ago. */
  readonly counters: ServerCounters;
};

/** What callers who poll ask of a server that runs. */
export type Live = {
  readonly state: RunState;
  readonly responsive: boolean;
  readonly counters: ServerCounters;
};

/** What a host remembers of a run, without secrets, for an operator who takes it into a store that does not know it. */
export type RunDescription = Pick<ServerSpec, "name" | "cpuMhz" | "memMib" | "cores" | "sockets" | "nics"> & {
  readonly devices: readonly (Pick<Device, "key" | "media" | "shared" | "bootIndex"> & {
    readonly drive: string;
  })[];
  readonly vnc: Omit<VncSpec, "password"> | null;
};

/** What a server's serial port says, and what is said to it. */
export type SerialView = {
  /** The last of what it said before, at most 256 KiB. */
  readonly history: Buffer;
  /**
   * What it says from then on, without a gap, until its end; what is written to it goes to the guest. One of several who look; who is
   * too slow for what it says is let go with an error.
   */
  readonly bytes: Duplex;
};

/** Servers on this host. Errors of all: `Outdated` where a generation is given, `Unreachable`, `failed`. */
export interface ServerHost {
  /**
   * Launches the server and answers once its vCPUs run. Does nothing when it runs at that generation already. Errors:
   * `busy` while an earlier run is there, or has ended and was not released; `full`; then nothing of this run is left.
   */
  launch(spec: ServerSpec, generation: Generation): Promise<void>;
  /**
   * Brings what may change while it runs to what the spec says: the CPU quota, VNC's password, and what a restart of
   * this host's daemon has to be given anew (the volumes of shared drives). Errors: `missing` when it does not run.
   */
  apply(spec: ServerSpec, generation: Generation): Promise<void>;
  /**
   * Ends whatever runs of the server, and refuses every launch of a generation up to this one from now on, one that is
   * under way included. Waits for no answer of its QEMU, nor for anything else that was asked of it. When it answers,
   * the run is `ended`, nothing is left of it but its record, and what it held is free. Does nothing when none runs.
   * Errors: `Unreachable` when its processes do not end in time.
   */
  end(uuid: string, generation: Generation): Promise<void>;
  /** Forgets a run that has ended, once its end is recorded. Does nothing when there is none. */
  release(uuid: string, generation: Generation): Promise<void>;
  /** Sends ACPI power-down (QMP `system_powerdown`). Errors: `missing` when it does not run. */
  powerDown(uuid: string): Promise<void>;
  /** QMP `system_reset`. Errors: `missing` when it does not run. */
  reset(uuid: string): Promise<void>;
  /** A session of the screen, in RFB (RFC 6143), without a password; each is one of its own. Errors: `missing` when it does not run. */
  screen(uuid: string): Promise<Duplex>;
  /** Of a server that does not run here it is what its last run said, as long as that is kept, and its bytes are at their end. */
  serial(uuid: string): Promise<SerialView>;
  /** Forgets what the server said, which is destroyed. */
  forgetSerial(uuid: string): Promise<void>;
  /** Null when it does not run here; at once where it is known. A QEMU that does not answer is answered for by its last counters. */
  live(uuid: string): Live | null | Promise<Live | null>;
  /** Of all servers whose NICs are on the guests' network and are counted, by their uuids; none with user-mode networking. */
  uplinkCounts(): Promise<ReadonlyMap<string, UplinkCount>>;
  /** Of all servers that run and answer, by their uuids: nothing is asked of a QEMU, so that none can keep others waiting. */
  uses(): Promise<ReadonlyMap<string, RunUse>>;
  /** All runs that this host knows of, and so all that do run on it. */
  list(): Promise<readonly Instance[]>;
  /** The same for one server, null when this host knows of no run. */
  find(uuid: string): Promise<Instance | null>;
  /** Null when this host knows of no run. */
  describe(uuid: string): Promise<RunDescription | null>;
}

/** A place in a host's order of changes; it means nothing to another host, nor to the same one after its restart. */
export type Cursor = string;

/** What changed since a cursor. `objects` is null where that is not known any more: then everything is to be looked at. */
export type Changes = { readonly cursor: Cursor; readonly objects: readonly string[] | null };

/** IPv4 addresses from `first` to `last`, both included. */
export type AddressRange = { readonly first: string; readonly last: string };

/** What this machine is and can do; nothing of it changes while its daemon runs. */
export type HostFacts = {
  readonly cores: number;
  /** One core's speed, found once. */
  readonly coreMhz: number;
  readonly memMib: number;
  readonly accelerator: "kvm" | "tcg";
  readonly network: "bridged" | "user";
  readonly cpuQuotas: boolean;
  readonly separateUid: boolean;
  /** Addresses that may be given to servers by `auto`. */
  readonly addresses: AddressRange;
  /** Addresses that may be held for longer than a server runs, and their network; null where there are none. */
  readonly staticAddresses: (AddressRange & StaticNetwork) | null;
};

/** One thing that a machine can do for a cloud, or lacks. */
export type Check = {
  readonly name: string;
  readonly verdict: "good" | "lacking" | "unknown";
  /** How it is, in words. */
  readonly state: string;
  /** What follows from a lack, and what to do about it. */
  readonly follows?: string;
  readonly todo?: string;
};

/** A machine that holds drives and runs servers. */
export interface Host {
  readonly drives: DriveHost;
  readonly servers: ServerHost;
  facts(): Promise<HostFacts>;
  /** What this machine can do for a cloud, found out by trying: of the last minute, and once at a time, however many ask. */
  checks(): Promise<readonly Check[]>;
  /** Networks that this machine has addresses in or reaches, but for the guests' own: `203.0.113.0/28`. */
  networks(): Promise<readonly string[]>;
  /**
   * Answers as soon as something has changed since the cursor (null: from now on): a run's state or end, a job's end.
   * It only says where to look; what is there is asked for then. Errors: the signal's.
   */
  changes(since: Cursor | null, signal: AbortSignal): Promise<Changes>;
}
