/** The settings that the daemon and its administration share: flags first, then the environment, then defaults. */
import { parseArgs } from "node:util";
import { usage } from "../../base/errors.ts";

/** Where the daemon listens. */
export type Listen = { readonly host: string; readonly port: number };

const DEFAULT_LISTEN = "127.0.0.1:8480";

/** `HOST:PORT`, an IPv6 address in brackets. Errors: `usage`. */
export function parseListen(text: string): Listen {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\s]+)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw usage(`listen takes HOST:PORT, such as ${DEFAULT_LISTEN}, not "${text}"`);
  return { host: match[1] ?? match[2] ?? "", port };
}

export type DaemonOptions = {
  readonly home: string | undefined;
  readonly listen: Listen;
  readonly subnet: string | undefined;
  /** Where the state is: `sqlite` or a URL; undefined for what the home remembers. */
  readonly database: string | undefined;
  /** How many imagings go on at once. */
  readonly imagings: number;
};

/** Two keep the disk and the cores of a small machine busy; more would only share them. */
const DEFAULT_IMAGINGS = 2;

/** A number of at least 1. Errors: `usage`. */
function parseImagings(text: string): number {
  const imagings = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (imagings < 1) throw usage(`LODGE_IMAGINGS takes a number from 1 to 999, not "${text}"`);
  return imagings;
}

/** Reads the daemon's own words: `--home DIR --listen HOST:PORT --subnet NET --database URL`. Errors: `usage`. */
export function daemonOptions(args: readonly string[], env: NodeJS.ProcessEnv): DaemonOptions {
  const { values } = readFlags(args);
  return {
    home: values.home,
    listen: parseListen(values.listen ?? (env.LODGE_LISTEN || DEFAULT_LISTEN)),
    subnet: values.subnet ?? (env.LODGE_SUBNET || undefined),
    database: values.database ?? (env.LODGE_DATABASE || undefined),
    imagings: env.LODGE_IMAGINGS ? parseImagings(env.LODGE_IMAGINGS) : DEFAULT_IMAGINGS,
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        home: { type: "string" },
        listen: { type: "string" },
        subnet: { type: "string" },
        database: { type: "string" },
      },
    });
  } catch (error) {
    throw usage(
      `${(error as Error).message} (npm start -- --home DIR --listen HOST:PORT --subnet NET --database URL)`,
    );
  }
}
