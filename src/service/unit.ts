/**
 * The unit by which systemd runs the daemon (systemd.unit(5), systemd.service(5), systemd.exec(5)).
 *
 * Guests outlive the daemon, so only its main process is ended (`KillMode=process`). What they live on is in mount points
 * that the daemon makes for the whole machine, such as the namespace `/run/netns/lodge-ID`: a unit with mounts of its own
 * would lose it at the next start. So of systemd's ways to confine, the unit has those that take rights and calls away, and
 * none that gives the daemon mounts of its own (`ProtectSystem=`, `ProtectHome=`, `PrivateTmp=`, `ProtectKernelModules=`
 * and their kin).
 */
import { usage } from "../base/errors.ts";

/** Where the unit's environment is set, by the operator. */
export const SETTINGS_FILE = "/etc/lodge/lodge.env";

export type Service = {
  /** The folder of the program, with `scripts/node` and `src/main.ts` in it. */
  readonly program: string;
  readonly home: string;
  /** Further words for the daemon. */
  readonly flags: readonly string[];
};

/** What the daemon, and what it starts before that gives its rights up, may ever have (capabilities(7)). */
const CAPABILITIES = [
  // Files and sockets of other uids.
  ...["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID"],
  // Namespaces and views, networks, and ports below 1024.
  ...["CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_NET_BIND_SERVICE"],
  // A uid for each server, its processes, their limits and their turn where memory runs out.
  ...["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL", "CAP_SYS_PTRACE", "CAP_SYS_RESOURCE"],
  ...["CAP_SYS_NICE", "CAP_IPC_LOCK"],
];

/** Calls that nothing of Lodge makes: the clock's, modules', the machine's ports', debuggers', and those of old. */
const DENIED_CALLS = [
  ...["@clock", "@cpu-emulation", "@debug", "@module", "@obsolete", "@raw-io", "@reboot", "@swap"],
];

/** The unit as text. Errors: `usage`, a word that a unit cannot have. */
export function unitOf({ program, home, flags }: Service): string {
  const words = [`${program}/scripts/node`, `${program}/src/main.ts`, "--home", home, ...flags];
  return `[Unit]
Description=Lodge, a cloud that speaks the ElasticHosts API
Documentation=file:${specifiersOff(program)}/docs/operating.md
Wants=network-online.target
After=network-online.target nftables.service postgresql.service
RequiresMountsFor=${quoted(home, "path")}
# It is tried again for as long as it takes, as after a power failure that the database comes back from later.
StartLimitIntervalSec=0

[Service]
Type=notify
# systemd-notify(1) speaks for it.
NotifyAccess=all
EnvironmentFile=-${SETTINGS_FILE}
ExecStart=${words.map((word) => quoted(word, "word")).join(" ")}
Restart=always
RestartSec=5
WatchdogSec=60
TimeoutStartSec=10min
TimeoutStopSec=60

# Servers, their network and their drives go on without it.
KillMode=process
OOMPolicy=continue
TasksMax=infinity

UMask=0022
LimitNOFILE=65536
# Its memory has the master key.
LimitCORE=0
KeyringMode=private
NoNewPrivileges=yes
CapabilityBoundingSet=${CAPABILITIES.join(" ")}
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=cgroup ipc mnt net pid uts
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_ALG
SystemCallArchitectures=native
SystemCallFilter=~${DENIED_CALLS.join(" ")}
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

/** What ends a line of a unit, or is no text. */
const UNWRITABLE = /[\p{Cc}]/u;

/** A word of a command line, where variables are put in, or a path, where they are not; by C's escapes (systemd.syntax(7)). */
function quoted(text: string, as: "word" | "path"): string {
  if (UNWRITABLE.test(text)) throw usage("a unit of systemd takes no control characters in a word");
  const literal = specifiersOff(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  if (/^[\w@%+=:,./[\]-]+$/.test(literal)) return literal;
  return `"${as === "word" ? literal.replaceAll("$", "$$$$") : literal}"`;
}

/** What stands for something else behind a `%` (systemd.unit(5)) is meant as it is. */
const specifiersOff = (text: string) => text.replaceAll("%", "%%");
