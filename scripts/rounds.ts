/**
 * `npm run rounds -- --kind KIND --rounds N --seed N`: so many rounds of kill -9 of the daemon, the storage daemon, a QEMU,
 * `dnsmasq` or all of them at once, under a mixed load on a real cloud (`testing/rounds/`). It takes root, and runs in
 * namespaces of its own.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { Rounds } from "../testing/rounds/rounds.ts";
import { KINDS, type Kind } from "../testing/rounds/strike.ts";
import { isSecluded, seclusion } from "./test/seclusion.ts";

const { values } = parseArgs({
  options: {
    kind: { type: "string", default: "daemon" },
    rounds: { type: "string", default: "10" },
    seed: { type: "string" },
  },
});

async function main(): Promise<number> {
  const kind = KINDS.find((each) => each === values.kind);
  if (kind === undefined) throw new Error(`--kind takes ${KINDS.join(", ")}`);
  if (!isSecluded()) {
    const [program = "", ...words] = [...seclusion(), process.execPath, ...process.argv.slice(1)];
    const [code] = (await once(spawn(program, words, { stdio: "inherit" }), "close")) as [number | null];
    return code ?? 1;
  }
  await rounds(kind, Number(values.rounds), Number(values.seed ?? Math.floor(Math.random() * 2 ** 31)));
  return 0;
}

async function rounds(kind: Kind, count: number, seed: number): Promise<void> {
  const startMs = performance.now();
  console.log(`${count} rounds of ${kind}, seed ${seed}`);
  const { figures, answers } = await Rounds.run(count, { kind, seed, onRound: (line) => console.log(line) });
  const seconds = Math.round((performance.now() - startMs) / 1000);
  console.log(
    JSON.stringify({ kind, seed, seconds, ...figures, answers: Object.fromEntries(answers.counts) }),
  );
}

process.exitCode = await main();
