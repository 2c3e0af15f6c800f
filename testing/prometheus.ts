/** A Prometheus of a test's own, on loopback: what the rules and the dashboard make of a real scrape. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";

const PROGRAM = "/usr/bin/prometheus";

/** Why its tests do not run here; false when they do. For the option `skip` of a test. */
export const lackingPrometheus = (): string | false =>
  !existsSync(PROGRAM) && "Prometheus is not installed (Debian's package prometheus)";

const RESULT = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});
const RULES = z.object({
  data: z.object({
    groups: z.array(
      z.object({ rules: z.array(z.object({ name: z.string(), health: z.string(), query: z.string() })) }),
    ),
  }),
});

export type Prometheus = {
  /** What an expression comes to now: the values of its series. */
  query(expression: string): Promise<readonly number[]>;
  rules(): Promise<readonly { readonly name: string; readonly health: string; readonly query: string }[]>;
  close(): Promise<void>;
};

/**
 * Scrapes the target every second, as the job `lodge`.
 *
 * @param target such as `127.0.0.1:9480`
 */
export async function startPrometheus(target: string, ruleFile: string): Promise<Prometheus> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-prometheus-"));
  const config = join(dir, "prometheus.yml");
  // JSON is YAML.
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: [ruleFile],
      scrape_configs: [{ job_name: "lodge", static_configs: [{ targets: [target] }] }],
    }),
  );
  const child = spawn(
    PROGRAM,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(dir, "data")}`,
      "--web.listen-address=127.0.0.1:0",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const close = async () => {
    if (child.exitCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await rm(dir, { recursive: true, force: true });
  };
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    const address = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
    if (address === undefined) continue;
    child.stderr.resume();
    const ask = async (path: string) => (await fetch(`http://${address}/api/v1/${path}`)).json();
    return {
      async query(expression) {
        const { data } = RESULT.parse(await ask(`query?query=${encodeURIComponent(expression)}`));
        return data.result.map(({ value }) => Number(value[1]));
      },
      rules: async () => RULES.parse(await ask("rules")).data.groups.flatMap(({ rules }) => rules),
      close,
    };
  }
  await close();
  throw new Error(`Prometheus ended before it listened:\n${lines.join("\n")}`);
}
