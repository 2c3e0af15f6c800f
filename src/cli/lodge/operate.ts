/** `lodge status`, `lodge adopt` and `lodge forget`: asked of the daemon, which alone reaches the hosts. */
import { missing, usage } from "../../base/errors.ts";
import { parseUuid } from "../../base/ids.ts";
import { defaultHome, openHome } from "../../home.ts";
import { askDaemon, operatorSocket } from "../../operator/client.ts";
import type { CloudStatus } from "../../operator/status.ts";
import { renderStatus } from "./status.ts";
import { parse, print, type Subcommand } from "./subcommand.ts";

const HOME = { home: { type: "string" } } as const;

export const OPERATOR_SUBCOMMANDS: readonly Subcommand[] = [
  {
    words: "status",
    help: "status [--home DIR]                     what is late, and what is there that the store does not know",
    async run(args) {
      const { values } = parse(args, HOME);
      const status = (await askDaemon(socketOf(values.home), "/status")) as CloudStatus;
      print(...renderStatus(status, Date.now()), ...status.hosts.flatMap(hostTroubles));
    },
  },
  {
    words: "adopt",
    help: "adopt UUID [--user USER] [--home DIR]   take a server or drive in that is there and not in the store",
    async run(args) {
      const { values, positionals } = parse(args, { ...HOME, user: { type: "string" } });
      const uuid = uuidIn(positionals, "adopt");
      await askDaemon(socketOf(values.home), "/adopt", { uuid, user: values.user ?? null });
      print(`${uuid} is in the store now`);
    },
  },
  {
    words: "forget",
    help: "forget UUID [--home DIR]                end a server, or remove a drive's file, that is not in the store",
    async run(args) {
      const { values, positionals } = parse(args, HOME);
      const uuid = uuidIn(positionals, "forget");
      await askDaemon(socketOf(values.home), "/forget", { uuid });
      print(`${uuid} is gone`);
    },
  },
];

const socketOf = (home: string | undefined): string =>
  operatorSocket(openHome(home ?? defaultHome(process.env, process.getuid?.() === 0)).runDir);

function uuidIn([text, ...more]: readonly string[], word: string): string {
  if (text === undefined || more.length > 0) throw usage(`${word} takes the uuid of one server or drive`);
  const uuid = parseUuid(text);
  if (uuid === null) throw missing(`there is no server or drive ${text.slice(0, 60)}`);
  return uuid;
}

function hostTroubles({ name, unresponsive, lost }: CloudStatus["hosts"][number]): string[] {
  return [
    ...unresponsive.map(
      (uuid) => `server ${uuid} on ${name} runs, but its QEMU does not answer: it can be stopped`,
    ),
    ...lost.map((uuid) => `drive ${uuid} is in the store, but its file is not on ${name}`),
  ];
}
