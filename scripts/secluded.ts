/** `secluded.ts FILE [WORD...]`: runs a long run that is no part of `npm test` in namespaces of its own, as that runs its tests. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { seclusion } from "./test/seclusion.ts";

const enter = seclusion();
if (enter.length === 0) throw new Error("only root can do that");
const [program = "", ...words] = [...enter, process.execPath, ...process.argv.slice(2)];
const [code] = (await once(spawn(program, words, { stdio: "inherit" }), "close")) as [number | null];
process.exitCode = code ?? 1;
