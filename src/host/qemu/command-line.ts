/**
 * The command line of a server's QEMU. Nothing that a user wrote is in it: values that vary are JSON where QEMU takes
 * JSON, and else numbers, uuids and paths that Lodge made.
 */

import type { ServerSpec } from "../host.ts";
import { romBootIndex } from "./boot-rom.ts";
import { COMMON_DEVICES, controllers, driveDevice, netdevId, nicDevice, SEED_DEVICES } from "./devices.ts";
import { consoleDisplay } from "./screen.ts";
import { TLS_OBJECT, type TlsCredentials, tlsObject } from "./vnc/tls.ts";

export type Accelerator = "kvm" | "tcg";

/** All that the processor, or its emulation, can do; but for 5-level paging, which old guests' boot code stumbles over. */
export const CPU_MODEL: Readonly<Record<Accelerator, string>> = { kvm: "host", tcg: "max,la57=off" };

/** What was made ready for a server before its QEMU is launched. */
export type Preparation = {
  readonly accelerator: Accelerator;
  /** Values of `-blockdev`, each with its nodes nested. */
  readonly blockdevs: readonly Readonly<Record<string, unknown>>[];
  /** Secrets that blockdevs name, each readable at a descriptor that QEMU inherits. */
  readonly secrets: readonly { readonly id: string; readonly descriptor: number }[];
  /** Descriptors that QEMU inherits, each a set of its own that a blockdev names (`/dev/fdset/SET`). */
  readonly files: readonly { readonly set: number; readonly descriptor: number }[];
  /** Values of `-netdev` without their ids, in the order of the server's NICs. */
  readonly netdevs: readonly Readonly<Record<string, unknown>>[];
  /** ROMs that boot from hard disks, and the places of those in the boot order. */
  readonly bootRoms: readonly { readonly file: string; readonly bootIndex: number }[];
  /** For VNC over TLS; null where it is spoken in the clear. */
  readonly tls: TlsCredentials | null;
  readonly sockets: Readonly<Record<"qmp" | "operator" | "serial" | "console", string>>;
};

/**
 * All that QEMU offers the host's name stays closed; VNC listens nowhere until it is told to (QMP `display-update`).
 * `-S` holds the vCPUs until everything else is in place. A guest that shuts itself down leaves its QEMU paused, so
 * that its last counters can be read before it goes; one that panics stays as it is.
 */
export function commandLine(spec: ServerSpec, prepared: Preparation, program: string): string[] {
  const boots = spec.devices.some(({ bootIndex }) => bootIndex !== null);
  return [
    program,
    ...["-nodefaults", "-no-user-config", "-S", "-display", "none"],
    ...["-name", spec.uuid, "-uuid", spec.uuid],
    ...["-machine", `pc,accel=${prepared.accelerator},dump-guest-core=off`],
    ...["-cpu", CPU_MODEL[prepared.accelerator]],
    ...["-m", String(spec.memMib), "-smp", topology(spec)],
    ...["-boot", `strict=${boots ? "on" : "off"}`],
    ...prepared.bootRoms.flatMap(({ file, bootIndex }) => [
      "-option-rom",
      `${escaped(file)},bootindex=${romBootIndex(bootIndex)}`,
    ]),
    ...["-action", "shutdown=pause,panic=pause"],
    ...["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"],
    ...["-chardev", `socket,id=qmp,path=${escaped(prepared.sockets.qmp)},server=on,wait=off`],
    ...["-mon", "chardev=qmp,mode=control"],
    ...["-chardev", `socket,id=operator,path=${escaped(prepared.sockets.operator)},server=on,wait=off`],
    ...["-mon", "chardev=operator,mode=control"],
    ...["-chardev", `socket,id=serial,path=${escaped(prepared.sockets.serial)},server=on,wait=off`],
    ...(prepared.tls === null ? [] : option("-object", tlsObject(prepared.tls))),
    // The first is the one that QMP speaks of where it names none.
    ...["-vnc", screen(prepared.tls)],
    ...["-vnc", consoleDisplay(escaped(prepared.sockets.console))],
    ...prepared.secrets.flatMap(({ id, descriptor }) =>
      option("-object", { "qom-type": "secret", id, file: `/dev/fd/${descriptor}` }),
    ),
    ...prepared.files.flatMap(({ set, descriptor }) => ["-add-fd", `fd=${descriptor},set=${set}`]),
    ...prepared.blockdevs.flatMap((blockdev) => option("-blockdev", blockdev)),
    ...prepared.netdevs.flatMap((netdev, position) => {
      const nic = spec.nics[position];
      return nic === undefined ? [] : option("-netdev", { ...netdev, id: netdevId(nic) });
    }),
    ...[
      ...COMMON_DEVICES,
      ...controllers(spec.devices),
      ...spec.devices.map((device) => driveDevice(spec.devices, device)),
      ...(spec.seed === undefined ? [] : SEED_DEVICES),
      ...spec.nics.map(nicDevice),
    ].flatMap((device) => option("-device", device)),
  ];
}

/**
 * Who asks to be the only viewer gets a session beside the others'. By default QEMU would end those and let no other in;
 * by `force-shared` it would turn away who asks so, as common viewers do unless they are told otherwise.
 */
function screen(tls: TlsCredentials | null): string {
  return `none,password=on,share=ignore${tls === null ? "" : `,tls-creds=${TLS_OBJECT}`}`;
}

const option = (name: string, value: object) => [name, JSON.stringify(value)];

/** `cores` is the total of cores, `sockets` what they are in (spec: smp:cores, smp:sockets). */
function topology({ cores, sockets }: ServerSpec): string {
  return `cpus=${cores},sockets=${sockets},cores=${cores / sockets},threads=1`;
}

/** A value within a list of options: a comma is doubled (qemu(1)). */
const escaped = (path: string) => path.replaceAll(",", ",,");
