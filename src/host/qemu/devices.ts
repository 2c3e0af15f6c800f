/**
 * The devices of a server as QEMU has them: what each is called, where it sits and the value of its `-device`. Places on
 * the PCI bus are fixed, so that a guest finds a device at the same place at every start, whatever else it has.
 */
import type { Device, Nic, NicModel } from "../host.ts";
import { deviceBootIndex } from "./boot-rom.ts";

/** The value of a `-device`, as JSON. */
export type DeviceOption = Readonly<Record<string, string | number | boolean>>;

/** Slots of the machine `pc`: 0 is its host bridge, 1 its ISA bridge with IDE, USB and ACPI as functions. */
const SLOT = { vga: 2, firstNic: 3, scsi: 5, scsiSeven: 6, seed: 7, firstBlock: 8 } as const;

const NIC_DRIVERS: Readonly<Record<NicModel, string>> = {
  e1000: "e1000",
  rtl8139: "rtl8139",
  virtio: "virtio-net-pci",
};

const slot = (number: number) => `0x${number.toString(16)}`;

/** What QEMU calls the device; its counters and events bear it. */
export function deviceId({ bus, busIndex, unit }: Pick<Device, "bus" | "busIndex" | "unit">): string {
  return bus === "block" ? `block-${unit}` : `${bus}-${busIndex}-${unit}`;
}

/**
 * What QEMU calls the node of a device's drive. A drive that stands at several devices of one server has one node, by
 * the name of the first.
 */
export function nodeName(devices: readonly Device[], device: Device): string {
  const first = devices.find(({ volume }) => volume.uuid === device.volume.uuid) ?? device;
  return `drive-${deviceId(first)}`;
}

/** What all servers have: a screen, a pointer with absolute places (as VNC speaks of), a door for a guest's panic, a serial port. */
export const COMMON_DEVICES: readonly DeviceOption[] = [
  { driver: "VGA", id: "vga", addr: slot(SLOT.vga) },
  { driver: "piix3-usb-uhci", id: "usb", addr: "0x1.0x2" },
  { driver: "usb-tablet", id: "tablet", bus: "usb.0" },
  { driver: "pvpanic", id: "pvpanic" },
  { driver: "isa-serial", id: "serial", chardev: "serial" },
];

/** The controllers that the devices need, before them. IDE's is part of the machine. */
export function controllers(devices: readonly Device[]): DeviceOption[] {
  const scsi = devices.filter(({ bus }) => bus === "scsi");
  const options: DeviceOption[] = [];
  if (scsi.some(({ unit }) => unit !== 7)) options.push(scsiController("scsi0", SLOT.scsi));
  if (scsi.some(({ unit }) => unit === 7)) options.push(scsiController("scsi1", SLOT.scsiSeven));
  return options;
}

const scsiController = (id: string, number: number): DeviceOption => ({
  driver: "lsi53c895a",
  id,
  addr: slot(number),
});

/**
 * A drive at its place. On werror and rerror QEMU's defaults hold: a write for which the disk has no room pauses the
 * guest (`enospc`), so that it loses nothing; any other error is the guest's to see.
 */
export function driveDevice(devices: readonly Device[], device: Device): DeviceOption {
  const { volume, bootIndex, shared } = device;
  return {
    ...place(device),
    id: deviceId(device),
    drive: nodeName(devices, device),
    // The longest serial number that every bus takes; IDE's is the shortest.
    serial: volume.uuid.replaceAll("-", "").slice(0, 20),
    ...(bootIndex === null ? {} : { bootindex: deviceBootIndex(bootIndex) }),
    // What several write on is written through, so that the death of the process that holds it loses nothing.
    ...(shared ? { "write-cache": "off", "share-rw": true } : {}),
  };
}

function place({ bus, busIndex, unit, media }: Device): Record<string, string | number> & { driver: string } {
  const kind = media === "cdrom" ? "cd" : "hd";
  switch (bus) {
    case "ide":
      return { driver: `ide-${kind}`, bus: `ide.${busIndex}`, unit };
    case "scsi":
      // The controller itself is number 7 on its bus, where no guest looks for a drive: unit 7 has a controller of
      // its own, whose only drive it is.
      return unit === 7
        ? { driver: `scsi-${kind}`, bus: "scsi1.0", "scsi-id": 0, lun: 0 }
        : { driver: `scsi-${kind}`, bus: "scsi0.0", "scsi-id": unit, lun: 0 };
    case "block":
      // Virtio knows no CD: it is a disk that cannot be written, by its node.
      return { driver: "virtio-blk-pci", addr: slot(SLOT.firstBlock + unit) };
  }
}

/** What QEMU calls the node of the seed's CD. */
const SEED_NODE = "seed";

/**
 * The CD of the seed has a controller of its own, of a kind that every system of the last fifteen years knows (AHCI): so it
 * takes no place that a user may name, is at the same place whatever else the server has, and comes behind their CDs.
 */
export const SEED_DEVICES: readonly DeviceOption[] = [
  { driver: "ich9-ahci", id: "seed-bus", addr: slot(SLOT.seed) },
  { driver: "ide-cd", id: "seed-cd", bus: "seed-bus.0", drive: SEED_NODE },
];

/** The value of the `-blockdev` of its CD, which reads a file of that name. */
export const seedBlockdev = (filename: string) => ({
  ...{ driver: "raw", "node-name": SEED_NODE, "read-only": true },
  file: { driver: "file", filename, "read-only": true },
});

/** What QEMU calls the host's end of a NIC. */
export const netdevId = ({ index }: Nic) => `net-${index}`;

/** A NIC, without the ROM that boots over the network: no server does. */
export function nicDevice(nic: Nic): DeviceOption {
  return {
    driver: NIC_DRIVERS[nic.model],
    id: `nic-${nic.index}`,
    netdev: netdevId(nic),
    mac: nic.mac,
    addr: slot(SLOT.firstNic + nic.index),
    romfile: "",
  };
}
