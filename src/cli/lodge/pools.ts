/** `lodge pool …`: where the static addresses of a cloud come from, for its operator. */
import { usage } from "../../base/errors.ts";
import { parse, print, type Subcommand } from "./subcommand.ts";

export const POOL_SUBCOMMANDS: readonly Subcommand[] = [
  {
    words: "pool add",
    help: `pool add NET --gateway A [--nameserver A]... [--home DIR]
                                                give users the addresses of a network such as 203.0.113.0/28`,
    async run(args) {
      const { values, positionals } = parse(args, {
        gateway: { type: "string" },
        nameserver: { type: "string", multiple: true },
        home: { type: "string" },
      });
      const { gateway, nameserver: nameservers = [] } = values;
      const network = only(positionals, "pool add takes one NET, such as 203.0.113.0/28");
      const { administerPools } = await import("./pool-commands.ts");
      await administerPools(values.home, async (pools) =>
        print(await pools.add({ network, gateway, nameservers })),
      );
    },
  },
  {
    words: "pool list",
    help: "pool list [--home DIR]                  list the pools, and how many of their addresses are taken",
    async run(args) {
      const { values } = parse(args, { home: { type: "string" } });
      const { administerPools } = await import("./pool-commands.ts");
      await administerPools(values.home, async (pools) => print(...(await pools.list())));
    },
  },
  {
    words: "pool remove",
    help: "pool remove NET [--home DIR]            remove a pool of which no address is taken",
    async run(args) {
      const { values, positionals } = parse(args, { home: { type: "string" } });
      const network = only(positionals, "pool remove takes one NET, as pool list shows it");
      const { administerPools } = await import("./pool-commands.ts");
      await administerPools(values.home, (pools) => pools.remove(network));
    },
  },
];

/** The only word there is. Errors: `usage` with the sentence when there is none, or another. */
function only([word, ...more]: readonly string[], sentence: string): string {
  if (word === undefined || more.length > 0) throw usage(sentence);
  return word;
}
