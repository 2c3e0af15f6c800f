/** What QEMU's own tools say of a qcow2 file. */
import { z } from "zod";
import type { Volume } from "../../src/host/host.ts";
import { runToEnd } from "../run.ts";

const INFO = z.object({
  "virtual-size": z.number(),
  "cluster-size": z.number(),
  encrypted: z.boolean().optional(),
  "backing-filename": z.string().optional(),
  "format-specific": z.object({ data: z.object({ "extended-l2": z.boolean(), corrupt: z.boolean() }) }),
});

/** `qemu-img info` of the file of a qcow2 volume that nobody writes. Errors: it is none. */
export async function qcow2Info(file: string, volume: Pick<Volume, "secret">): Promise<z.infer<typeof INFO>> {
  return INFO.parse(JSON.parse(await qemuImg(["info", "--output=json"], file, volume)));
}

/** Has the file checked. Errors: with what `qemu-img check` found, leaks too. */
export async function checkQcow2(file: string, volume: Pick<Volume, "secret">): Promise<void> {
  await qemuImg(["check"], file, volume);
}

async function qemuImg(
  words: readonly string[],
  file: string,
  { secret }: Pick<Volume, "secret">,
): Promise<string> {
  const objects = secret === null ? [] : ["--object", `secret,id=s,data=${secret}`];
  const image = `driver=qcow2,${secret === null ? "" : "encrypt.key-secret=s,"}file.filename=${file}`;
  const command = ["qemu-img", ...words, ...objects, "--image-opts", image];
  const { code, stdout, stderr } = await runToEnd(command);
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}
