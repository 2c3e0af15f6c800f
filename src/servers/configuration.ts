/**
 * The typed configuration: what the keys that a user set say, read once for each change of a server. Rules alone; no
 * effects.
 */
import type { Value } from "../api/properties.ts";
import { words } from "../api/value.ts";
import type { Device, NicModel } from "../host/host.ts";
import { SERVER_KEYS } from "./keys.ts";
import { sshKeysIn } from "./ssh-keys.ts";

/** The keys that are set, in no particular order. */
export type Config = Readonly<Record<string, Value>>;

/** A device key of the configuration with what it says, but for the drive itself. */
export type DeviceEntry = Omit<Device, "volume" | "shared"> & {
  /** The uuid of its drive. */
  readonly drive: string;
};

/** An address that a key asks for: one out of the host's range, or the one that it names. */
export type WantedAddress = "auto" | (string & {});

export type Configuration = {
  readonly name: string;
  readonly cpuMhz: number;
  readonly memMib: number;
  /** Virtual processors by number, null where they are calculated for the host (spec: `smp auto`). */
  readonly smp: number | null;
  /** Whether it is stopped when it ends, rather than destroyed. */
  readonly persistent: boolean;
  /** In the order of the specification's table of them. */
  readonly devices: readonly DeviceEntry[];
  /** The keys of the devices to boot, in order: as configured, else the first device. */
  readonly boot: readonly string[];
  /** NIC 0, in the guests' network; null where there is none. */
  readonly guestNic: { readonly model: NicModel } | null;
  /** The address that DHCP offers to NIC 0. */
  readonly dhcp: WantedAddress | null;
  /** NIC 1; `vlan` is null where it is connected to nothing, `mac` where it has one of the server's own. */
  readonly vlanNic: {
    readonly model: NicModel;
    readonly vlan: string | null;
    readonly mac: string | null;
  } | null;
  readonly vnc: {
    readonly address: WantedAddress | null;
    /** None means that VNC is closed. */
    readonly password: string | null;
    readonly tls: boolean;
  };
  /** The public keys of who is let in by SSH, a line each. */
  readonly sshKeys: readonly string[];
  /** What it is to share no host with. */
  readonly avoid: { readonly drives: readonly string[]; readonly servers: readonly string[] };
};

const DEVICE = /^(ide|scsi|block):(\d)(?::(\d))?$/;

export const isDeviceKey = (key: string) => DEVICE.test(key);

/** @param config keys that `SERVER_KEYS` has checked */
export function configurationOf(config: Config): Configuration {
  const entries = SERVER_KEYS.inOrder(Object.entries(config)).flatMap(([key]) => deviceEntry(config, key));
  const named = listOf(config, "boot");
  const boot = named.length > 0 ? named : entries.slice(0, 1).map(({ key }) => key);
  const smp = config.smp ?? "auto";
  return {
    name: String(config.name),
    cpuMhz: Number(config.cpu),
    memMib: Number(config.mem),
    smp: smp === "auto" ? null : Number(smp),
    persistent: String(config.persistent ?? "false") === "true",
    devices: entries.map((entry) => ({
      ...entry,
      bootIndex: boot.includes(entry.key) ? boot.indexOf(entry.key) : null,
    })),
    boot,
    guestNic: nicOf(config, "nic:0:model"),
    dhcp: textOf(config, "nic:0:dhcp"),
    vlanNic: vlanNicOf(config),
    vnc: {
      address: textOf(config, "vnc"),
      password: textOf(config, "vnc:password"),
      tls: config["vnc:tls"] === "on",
    },
    sshKeys: sshKeysIn(textOf(config, "ssh:keys") ?? ""),
    avoid: { drives: listOf(config, "avoid:drives"), servers: listOf(config, "avoid:servers") },
  };
}

function deviceEntry(config: Config, key: string): DeviceEntry[] {
  const match = DEVICE.exec(key);
  if (match === null) return [];
  const bus = match[1] as Device["bus"];
  return [
    {
      key,
      bus,
      busIndex: bus === "block" ? 0 : Number(match[2]),
      unit: Number(bus === "block" ? match[2] : match[3]),
      media: (config[`${key}:media`] ?? "disk") as Device["media"],
      drive: String(config[key]),
      bootIndex: null,
    },
  ];
}

function nicOf(config: Config, key: string): { readonly model: NicModel } | null {
  const model = textOf(config, key);
  return model === null ? null : { model: model as NicModel };
}

function vlanNicOf(config: Config): Configuration["vlanNic"] {
  const nic = nicOf(config, "nic:1:model");
  if (nic === null) return null;
  return { ...nic, vlan: textOf(config, "nic:1:vlan"), mac: textOf(config, "nic:1:mac") };
}

function textOf(config: Config, key: string): string | null {
  const value = config[key];
  return value === undefined ? null : String(value);
}

const listOf = (config: Config, key: string): readonly string[] => words(textOf(config, key) ?? "");
