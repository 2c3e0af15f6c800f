/** The record of a run: what the daemon must know of a server's QEMU that QEMU does not tell. It holds no secrets. */
import { z } from "zod";
import type { Generation, IoCounters, RunDescription, ServerCounters } from "../host.ts";

const integer = z.number().int();

const IO: z.ZodType<IoCounters> = z.object({
  readBytes: z.number(),
  readRequests: z.number(),
  writeBytes: z.number(),
  writeRequests: z.number(),
});

/** The form of what a server's counters are kept in. */
const COUNTERS: z.ZodType<ServerCounters> = z.object({
  rxBytes: z.number(),
  rxPackets: z.number(),
  txBytes: z.number(),
  txPackets: z.number(),
  devices: z.record(z.string(), IO),
});

/** Counters, and when they were read, in seconds since the machine's boot; null where nobody knows. */
export type DatedCounters = { readonly counters: ServerCounters; readonly bootS: number | null };

/** The form of them. A release before this one did not write their time. */
export const DATED_COUNTERS: z.ZodType<DatedCounters, unknown> = z
  .object({ bootS: z.number().nullable().default(null) })
  .and(COUNTERS)
  .transform(({ bootS, ...counters }) => ({ counters, bootS }));

const NETWORK = z.object({ prefix: integer, gateway: z.string(), nameservers: z.array(z.string()) });

const DESCRIPTION: z.ZodType<RunDescription> = z.object({
  name: z.string(),
  cpuMhz: z.number(),
  memMib: z.number(),
  cores: integer,
  sockets: integer,
  nics: z.array(
    z.object({
      index: integer,
      model: z.enum(["e1000", "rtl8139", "virtio"]),
      mac: z.string(),
      vlan: z.string().nullable(),
      lease: z.object({ address: z.string(), network: NETWORK.nullable() }).nullable(),
    }),
  ),
  devices: z.array(
    z.object({
      key: z.string(),
      media: z.enum(["disk", "cdrom"]),
      shared: z.boolean(),
      bootIndex: integer.nullable(),
      drive: z.string(),
    }),
  ),
  vnc: z.object({ address: z.string(), tls: z.boolean() }).nullable(),
});

export type DeviceRecord = {
  readonly key: string;
  /** What QEMU calls the device, and the node of its drive. */
  readonly id: string;
  readonly node: string;
  readonly drive: string;
  readonly shared: boolean;
};

export type ServerRecord = {
  readonly uuid: string;
  /** Of the launch; 0 for one of before there were generations. */
  readonly generation: Generation;
  /** When its QEMU was launched, seconds since the epoch. */
  readonly started: number;
  readonly devices: readonly DeviceRecord[];
  /** The taps that count its traffic. */
  readonly taps: readonly string[];
  readonly vnc: {
    readonly address: string;
    readonly listen: { readonly address: string; readonly port: number };
  } | null;
  /** Null for a run of before it was recorded. */
  readonly description: RunDescription | null;
};

/** The form of a record. What a release before this one did not write is what it was without it. */
export const RECORD: z.ZodType<ServerRecord, unknown> = z.object({
  uuid: z.string(),
  generation: integer.default(0),
  started: integer,
  devices: z
    .array(
      z.object({
        key: z.string().optional(),
        id: z.string(),
        node: z.string(),
        drive: z.string(),
        shared: z.boolean(),
      }),
    )
    // A device's id was made of its key.
    .transform((devices) =>
      devices.map((each) => ({ ...each, key: each.key ?? each.id.replaceAll("-", ":") })),
    ),
  taps: z.array(z.string()),
  vnc: z.object({ address: z.string(), listen: z.object({ address: z.string(), port: integer }) }).nullable(),
  description: DESCRIPTION.nullable().default(null),
});

/** What is known of a process whose record is missing or damaged. */
export function recordOfUnknown(uuid: string, started: number): ServerRecord {
  return { uuid, generation: 0, started, devices: [], taps: [], vnc: null, description: null };
}
