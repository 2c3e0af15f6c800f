/** The subcommands of `lodge`. Each is loaded when it runs: most need little of what all of them need together. */

export type Subcommand = {
  readonly words: string;
  /** The words with their arguments, and what it does: in one line, or the latter on a line of its own. */
  readonly usage: string;
  readonly does: string;
  /** Runs with the arguments that follow its words. Errors: `usage`, and its own. */
  run(args: readonly string[]): Promise<void>;
};

export const SUBCOMMANDS: readonly Subcommand[] = [
  {
    words: "account list",
    usage: "account list [--json] [--home DIR]",
    does: "list the accounts, with what they are and have",
    run: async (args) => (await import("./account.ts")).list(args),
  },
  {
    words: "account info",
    usage: "account info [USER] [--json] [--home DIR]",
    does: "all of an account, or of one's own",
    run: async (args) => (await import("./account.ts")).info(args),
  },
  {
    words: "account create",
    usage:
      "account create --name NAME [--email E] [--role user|admin] [--limit RESOURCE=AMOUNT]... [--credit AMOUNT] [--json] [--home DIR]",
    does: "make an account and print its EHAUTH line",
    run: async (args) => (await import("./account.ts")).create(args),
  },
  {
    words: "account set",
    usage:
      "account set USER [--name NAME] [--email E] [--role user|admin] [--limit RESOURCE=AMOUNT]... [--credit AMOUNT] [--json] [--home DIR]",
    does: "change an account",
    run: async (args) => (await import("./account.ts")).set(args),
  },
  {
    words: "account suspend",
    usage: "account suspend USER [--reason TEXT] [--home DIR]",
    does: "end an account's servers, and let it start and make nothing",
    run: async (args) => (await import("./account.ts")).suspend(args),
  },
  {
    words: "account resume",
    usage: "account resume USER [--home DIR]",
    does: "end a suspension",
    run: async (args) => (await import("./account.ts")).resume(args),
  },
  {
    words: "account close",
    usage: "account close USER [--everything] [--home DIR]",
    does: "close an account for good, --everything with all that it has",
    run: async (args) => (await import("./account.ts")).close(args),
  },
  {
    words: "key list",
    usage: "key list [--user USER] [--json] [--home DIR]",
    does: "list the keys of one's own account, or of another",
    run: async (args) => (await import("./key.ts")).list(args),
  },
  {
    words: "key create",
    usage: "key create --name NAME [--scope SCOPE] [--expires TIME] [--user USER] [--json] [--home DIR]",
    does: "make a key and print an EHAUTH line with it",
    run: async (args) => (await import("./key.ts")).create(args),
  },
  {
    words: "key set",
    usage: "key set KEY [--name NAME] [--expires TIME] [--user USER] [--home DIR]",
    does: "change a key's name, or when it ends",
    run: async (args) => (await import("./key.ts")).set(args),
  },
  {
    words: "key destroy",
    usage: "key destroy KEY [--user USER] [--home DIR]",
    does: "end a key at once",
    run: async (args) => (await import("./key.ts")).destroy(args),
  },
  {
    words: "limit list",
    usage: "limit list [--user USER] [--json] [--home DIR]",
    does: "what an account may have, and has",
    run: async (args) => (await import("./limit.ts")).list(args),
  },
  {
    words: "limit set",
    usage: "limit set USER RESOURCE=AMOUNT... [--json] [--home DIR]",
    does: "change limits; RESOURCE= takes one away",
    run: async (args) => (await import("./limit.ts")).set(args),
  },
  {
    words: "price set",
    usage: "price set FILE [--json] [--home DIR]",
    does: "add the price list that stands in a file, as JSON",
    run: async (args) => (await import("./price.ts")).set(args),
  },
  {
    words: "price list",
    usage: "price list [--json] [--home DIR]",
    does: "list the prices in force and those to come",
    run: async (args) => (await import("./price.ts")).list(args),
  },
  {
    words: "credit",
    usage: "credit USER AMOUNT --reference REFERENCE [--text TEXT] [--json] [--home DIR]",
    does: "credit an account, once a reference; below zero, correct its balance",
    run: async (args) => (await import("./ledger.ts")).credit(args),
  },
  {
    words: "ledger",
    usage: "ledger [check | --from TIME --to TIME] [--user USER] [--json] [--home DIR]",
    does: "what an account was charged and credited; check: whether all ledgers add up",
    run: async (args) => (await import("./ledger.ts")).ledger(args),
  },
  {
    words: "invoice list",
    usage: "invoice list [--user USER] [--json] [--home DIR]",
    does: "list the months that there are invoices of",
    run: async (args) => (await import("./invoice.ts")).list(args),
  },
  {
    words: "invoice show",
    usage: "invoice show MONTH [--user USER] [--json] [--home DIR]",
    does: "a month's invoice, such as 2026-12",
    run: async (args) => (await import("./invoice.ts")).show(args),
  },
  {
    words: "invoice csv",
    usage: "invoice csv MONTH [--user USER] [--home DIR]",
    does: "the same as CSV, for an accounting program",
    run: async (args) => (await import("./invoice.ts")).csv(args),
  },
  {
    words: "invoice html",
    usage: "invoice html MONTH [--user USER] [--home DIR]",
    does: "the same as a page to be printed",
    run: async (args) => (await import("./invoice.ts")).html(args),
  },
  {
    words: "webhook list",
    usage: "webhook list [--json] [--home DIR]",
    does: "list where events are sent, and what waits",
    run: async (args) => (await import("./webhook.ts")).list(args),
  },
  {
    words: "webhook add",
    usage: "webhook add URL --events EVENT[,EVENT]... [--json] [--home DIR]",
    does: "have events sent to a URL, and print the secret that signs them",
    run: async (args) => (await import("./webhook.ts")).add(args),
  },
  {
    words: "webhook set",
    usage: "webhook set WEBHOOK [--url URL] [--events EVENT[,EVENT]...] [--json] [--home DIR]",
    does: "change where events are sent, or which",
    run: async (args) => (await import("./webhook.ts")).set(args),
  },
  {
    words: "webhook remove",
    usage: "webhook remove WEBHOOK [--home DIR]",
    does: "send nothing more there",
    run: async (args) => (await import("./webhook.ts")).remove(args),
  },
  {
    words: "webhook log",
    usage: "webhook log WEBHOOK [--json] [--home DIR]",
    does: "what was sent there, and what came of it",
    run: async (args) => (await import("./webhook.ts")).log(args),
  },
  {
    words: "webhook test",
    usage: "webhook test WEBHOOK [--json] [--home DIR]",
    does: "send an event that stands for nothing",
    run: async (args) => (await import("./webhook.ts")).test(args),
  },
  {
    words: "events",
    usage: "events [--from EVENT] [--user USER] [--json] [--home DIR]",
    does: "what was done in the cloud, or in an account, and by whom",
    run: async (args) => (await import("./events.ts")).run(args),
  },
  {
    words: "usage",
    usage: "usage [--from TIME --to TIME | --now] [--user USER] [--json] [--home DIR]",
    does: "what an account used this month or from one whole hour to another, or what it uses now",
    run: async (args) => (await import("./usage.ts")).run(args),
  },
  {
    words: "user create",
    usage: "user create --name NAME [--home DIR]",
    does: "make an account in the store itself, whether the daemon runs or not",
    run: async (args) => (await import("./user-create.ts")).run(args),
  },
  {
    words: "user list",
    usage: "user list [--home DIR]",
    does: "list the accounts of the store itself: uuid and name",
    run: async (args) => (await import("./user-list.ts")).run(args),
  },
  {
    words: "image import",
    usage:
      "image import FILE-OR-URL --uuid UUID [--name NAME] [--cdrom] [--gzip] [--sha256 HEX] [--home DIR]",
    does: "give a standard image its content; repeated, it goes on where it was",
    run: async (args) => (await import("./image-import.ts")).run(args),
  },
  {
    words: "image list",
    usage: "image list [--home DIR]",
    does: "list the standard images, also those without content",
    run: async (args) => (await import("./image-list.ts")).run(args),
  },
  {
    words: "image remove",
    usage: "image remove UUID [--home DIR]",
    does: "remove the content of a standard image that no server uses",
    run: async (args) => (await import("./image-remove.ts")).run(args),
  },
  {
    words: "pool add",
    usage: "pool add NET --gateway A [--nameserver A]... [--home DIR]",
    does: "give users the addresses of a network such as 203.0.113.0/28",
    run: async (args) => (await import("./pool-add.ts")).run(args),
  },
  {
    words: "pool list",
    usage: "pool list [--home DIR]",
    does: "list the pools, and how many of their addresses are taken",
    run: async (args) => (await import("./pool-list.ts")).run(args),
  },
  {
    words: "pool remove",
    usage: "pool remove NET [--home DIR]",
    does: "remove a pool of which no address is taken",
    run: async (args) => (await import("./pool-remove.ts")).run(args),
  },
  {
    words: "status",
    usage: "status [--json] [--home DIR]",
    does: "what runs, how much room there is, and what is not well, and why",
    run: async (args) => (await import("./status.ts")).run(args),
  },
  {
    words: "adopt",
    usage: "adopt UUID [--user USER] [--home DIR] | adopt --copy [--home DIR]",
    does: "take in what the store does not know; make a copied home a cloud of its own",
    run: async (args) => (await import("./adopt.ts")).run(args),
  },
  {
    words: "forget",
    usage: "forget UUID [--home DIR]",
    does: "end a server, or remove a drive's file, that the store does not know",
    run: async (args) => (await import("./forget.ts")).run(args),
  },
  {
    words: "backup",
    usage: "backup FILE (--passphrase-file FILE | --without-keys) [--home DIR]",
    does: "write the state of the cloud into a file, while it runs or not",
    run: async (args) => (await import("./backup.ts")).run(args),
  },
  {
    words: "restore",
    usage: "restore FILE [--passphrase-file FILE] [--home DIR]",
    does: "make the store of a home that has none out of a backup",
    run: async (args) => (await import("./restore.ts")).run(args),
  },
  {
    words: "rekey",
    usage: "rekey [--new-command COMMAND] [--home DIR]",
    does: "wrap all drives' keys with a new master key, while no daemon runs",
    run: async (args) => (await import("./rekey.ts")).run(args),
  },
  {
    words: "server dump",
    usage: "server dump SERVER FILE [--home DIR]",
    does: "write a server's memory as an ELF core; FILE - is standard output",
    run: async (args) => (await import("./server-dump.ts")).run(args),
  },
  {
    words: "doctor",
    usage: "doctor [--home DIR]",
    does: "what this machine can do, and what follows from what it cannot",
    run: async (args) => (await import("./doctor.ts")).run(args),
  },
  {
    words: "sample-image",
    usage: "sample-image FILE",
    does: "build a small bootable guest out of Debian's packages",
    run: async (args) => (await import("./sample-image.ts")).run(args),
  },
  {
    words: "image build",
    usage: "image build debian-12 [FILE]",
    does: "build a Debian 12 image out of Debian's packages (debian-12.raw.gz)",
    run: async (args) => (await import("./image-build.ts")).run(args),
  },
  {
    words: "service install",
    usage: "service install [--now] [--force] [--root DIR] [--home DIR] [--listen HOST:PORT]...",
    does: "have systemd run the daemon, with the flags that npm start takes",
    run: async (args) => (await import("./service-install.ts")).run(args),
  },
  {
    words: "service remove",
    usage: "service remove [--force] [--root DIR]",
    does: "stop the daemon and remove its unit; servers go on",
    run: async (args) => (await import("./service-remove.ts")).run(args),
  },
  {
    words: "down",
    usage: "down [--home DIR | --id ID]",
    does: "end every server and remove all that the cloud left outside its home",
    run: async (args) => (await import("./down.ts")).run(args),
  },
  {
    words: "help",
    usage: "help [SUBCOMMAND | PATH]",
    does: "all commands, or one with what it takes, e.g. help servers/create",
    run: async (args) => (await import("./help.ts")).run(args, usageOf),
  },
];

/** As wide as the usages that have what they do on the same line. */
const USAGE_WIDTH = 40;

/** What `lodge` alone prints: a line or two for each subcommand. */
export function overview(): string[] {
  return ["lodge: administration of a cloud", "", ...SUBCOMMANDS.map(describe)];
}

/**
 * The lines of the subcommands that begin with `words`, such as `user` or `user create`: none where there is no such one,
 * and the overview where `words` is empty.
 */
export function usageOf(words: string): string[] {
  if (words === "") return overview();
  const chosen = SUBCOMMANDS.filter((each) => each.words === words || each.words.startsWith(`${words} `));
  return chosen.map(describe);
}

function describe({ usage, does }: Subcommand): string {
  if (usage.length < USAGE_WIDTH) return `  lodge ${usage.padEnd(USAGE_WIDTH)}${does}`;
  return `  lodge ${usage}\n${" ".repeat("  lodge ".length + USAGE_WIDTH)}${does}`;
}
