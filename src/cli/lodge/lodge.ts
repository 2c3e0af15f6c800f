/** `lodge`: administration of a cloud on the machine where its home is. */
import { LodgeError, usage } from "../../base/errors.ts";
import { IMAGE_SUBCOMMANDS } from "./images.ts";
import { OPERATOR_SUBCOMMANDS } from "./operate.ts";
import { POOL_SUBCOMMANDS } from "./pools.ts";
import { parse, print, type Subcommand } from "./subcommand.ts";

const SUBCOMMANDS: readonly Subcommand[] = [
  {
    words: "user create",
    help: "user create --name NAME [--home DIR]    make an account and print its EHAUTH line",
    async run(args) {
      const { values } = parse(args, { name: { type: "string" }, home: { type: "string" } });
      const { administerUsers } = await import("./users.ts");
      await administerUsers(values.home, async (users) => print(await users.create(values.name ?? "")));
    },
  },
  {
    words: "user list",
    help: "user list [--home DIR]                  list the accounts: uuid and name",
    async run(args) {
      const { values } = parse(args, { home: { type: "string" } });
      const { administerUsers } = await import("./users.ts");
      await administerUsers(values.home, async (users) => print(...(await users.list())));
    },
  },
  ...IMAGE_SUBCOMMANDS,
  ...POOL_SUBCOMMANDS,
  ...OPERATOR_SUBCOMMANDS,
  {
    words: "server dump",
    help: "server dump SERVER FILE [--home DIR]    write a server's memory as an ELF core; FILE - is standard output",
    async run(args) {
      const { values, positionals } = parse(args, { home: { type: "string" } });
      const [server, file, ...more] = positionals;
      if (server === undefined || file === undefined || more.length > 0) {
        throw usage("server dump takes a SERVER and one FILE to write");
      }
      const { dumpServer } = await import("./dump.ts");
      await dumpServer(values.home, server, file);
    },
  },
  {
    words: "doctor",
    help: "doctor [--home DIR]                     what this machine can do, and what follows from what it cannot",
    async run(args) {
      const { values } = parse(args, { home: { type: "string" } });
      const { examine } = await import("./doctor.ts");
      print(...(await examine(values.home)));
    },
  },
  {
    words: "sample-image",
    help: "sample-image FILE                       build a small bootable guest out of Debian's packages",
    async run(args) {
      const { positionals } = parse(args, {});
      const [file, ...more] = positionals;
      if (file === undefined || more.length > 0) throw usage("sample-image takes one FILE to write");
      const { buildSampleImage } = await import("../../../systems/sample/build.ts");
      await buildSampleImage(file, print);
    },
  },
  {
    words: "image build",
    help: "image build debian-12 [FILE]            build a Debian 12 image out of Debian's packages (debian-12.raw.gz)",
    async run(args) {
      const { positionals } = parse(args, {});
      const { buildImage } = await import("./build.ts");
      const { interruption } = await import("../terminal/interruption.ts");
      await buildImage(positionals, print, interruption());
    },
  },
  {
    words: "down",
    help: "down [--home DIR]                       end every server and remove all that the cloud left outside its home",
    async run(args) {
      const { values } = parse(args, { home: { type: "string" } });
      const { takeDown } = await import("./down.ts");
      await takeDown(values.home, print);
    },
  },
  {
    words: "help",
    help: "help [PATH]                             the API's commands, or one with its keys, e.g. help servers/create",
    async run(args) {
      const { positionals } = parse(args, {});
      const { describeApi } = await import("./api-help.ts");
      const path = positionals.join("/");
      if (path === "") print(...overview(), "");
      print(...describeApi(path));
    },
  },
];

function overview(): string[] {
  return ["lodge: administration of a cloud", "", ...SUBCOMMANDS.map(({ help }) => `  lodge ${help}`)];
}

async function main(args: readonly string[]): Promise<void> {
  const line = args.join(" ");
  const subcommand = SUBCOMMANDS.find(({ words }) => line === words || line.startsWith(`${words} `));
  if (subcommand === undefined) {
    print(...overview());
    if (args.length > 0 && line !== "--help") throw usage(`lodge ${line}: there is no such command`);
    return;
  }
  await subcommand.run(args.slice(subcommand.words.split(" ").length));
}

// Whoever reads only the first lines (`lodge help | head`) has what he wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

main(process.argv.slice(2)).catch((error) => {
  const expected = error instanceof LodgeError;
  process.stderr.write(
    `lodge: ${expected || process.env.LODGE_DEBUG === undefined ? error.message : error.stack}\n`,
  );
  process.exitCode = expected && error.type === "usage" ? 2 : 1;
});
