/** The daemon itself, its machine, and what keeps servers and drives going there. */
import type { FileSystem } from "../base/file-system.ts";
import { type Family, labelled, single } from "./family.ts";
import type { Figures } from "./figures.ts";

export const MACHINE_FAMILIES: readonly Family[] = [
  {
    name: "lodge_build_info",
    help: "Which Lodge this is.",
    type: "gauge",
    labels: ["version"],
    samples: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  single(
    { name: "lodge_ready", help: "Whether callers can be led here, as /health/ready says.", type: "gauge" },
    ({ isReady }) => (isReady ? 1 : 0),
  ),
  {
    name: "lodge_troubles_total",
    help: "What went wrong where nobody waited for it, by the level of its line in the log; warn is tried again.",
    type: "counter",
    labels: ["level"],
    samples: ({ troubles }) => labelled("level", troubles),
  },
  {
    name: "lodge_host_info",
    help: "What this machine is.",
    type: "gauge",
    labels: ["accelerator", "network"],
    samples: ({ facts }) =>
      facts === null
        ? []
        : [{ labels: { accelerator: facts.accelerator, network: facts.network }, value: 1 }],
  },
  {
    name: "lodge_filesystem_free_bytes",
    help: "What is free on the disk of the home, where SQLite keeps the state, and on that of the drives.",
    type: "gauge",
    labels: ["filesystem"],
    samples: fileSystemSamples(({ freeBytes }) => freeBytes),
  },
  {
    name: "lodge_filesystem_size_bytes",
    help: "How large those disks are.",
    type: "gauge",
    labels: ["filesystem"],
    samples: fileSystemSamples(({ sizeBytes }) => sizeBytes),
  },
  {
    name: "lodge_filesystem_free_files",
    help: "How many more files those disks hold; absent of one that sets no number.",
    type: "gauge",
    labels: ["filesystem"],
    samples: fileSystemSamples(({ freeFiles }) => freeFiles),
  },
  single(
    {
      name: "lodge_servers_unresponsive",
      help: "Servers whose QEMU runs and does not answer.",
      type: "gauge",
    },
    ({ instances }) =>
      instances === null
        ? null
        : instances.filter((each) => each.state !== "ended" && !each.responsive).length,
  ),
  {
    name: "lodge_disagreements",
    help: "Objects of which store and host do not agree, as was found out within some minutes: what runs or lies there unknown, and drives without their files.",
    type: "gauge",
    labels: ["kind"],
    samples: ({ disagreements }) => (disagreements === null ? [] : labelled("kind", disagreements)),
  },
  single(
    { name: "lodge_copy_jobs", help: "Drives that are being imaged on this machine.", type: "gauge" },
    ({ machine }) => machine.volumes.copies,
  ),
  single(
    {
      name: "lodge_storage_daemon_launches_total",
      help: "How often this daemon launched the storage daemon.",
      type: "counter",
    },
    ({ machine }) => machine.volumes.storageDaemons.launches,
  ),
  single(
    {
      name: "lodge_storage_daemon_losses_total",
      help: "How often the storage daemon was lost, or given up as it did not answer.",
      type: "counter",
    },
    ({ machine }) => machine.volumes.storageDaemons.losses,
  ),
  single(
    {
      name: "lodge_network_repairs_total",
      help: "How often a part of the guests' network was found out of order and written anew: the DHCP server, rules, taps, routes.",
      type: "counter",
    },
    ({ machine }) => machine.network.repairs,
  ),
  single(
    {
      name: "lodge_network_parts_out_of_order",
      help: "Parts of the guests' network that are out of order; lodge status names them.",
      type: "gauge",
    },
    ({ machine }) => machine.network.outOfOrder.length,
  ),
];

function fileSystemSamples(of: (fileSystem: FileSystem) => number | null): Family["samples"] {
  return ({ fileSystems }: Figures) =>
    Object.entries(fileSystems).flatMap(([name, fileSystem]) => {
      const value = fileSystem === null ? null : of(fileSystem);
      return value === null ? [] : [{ labels: { filesystem: name }, value }];
    });
}
