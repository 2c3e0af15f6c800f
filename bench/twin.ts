/** What a drive is measured against: a file of the same kind, in the hands of QEMU's own tools. */
import { randomUUID } from "node:crypto";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createVolume, volumeName } from "../src/host/volumes/volume-file.ts";
import { runToEnd } from "../testing/run.ts";
import type { Cipher } from "./drives.ts";

/** The file, which is empty at first, and how QEMU's tools are told to open it: `secret` before all else. */
export type Twin = { readonly file: string; readonly options: string; readonly secret: readonly string[] };

/** The file is made as a drive's is: qemu-img times its key derivation, which fails on processors that are quick at it. */
export async function makeTwin(dir: string, cipher: Cipher, sizeBytes: number): Promise<Twin> {
  await mkdir(join(dir, "drives"), { recursive: true });
  const format = cipher === "none" ? "raw" : "qcow2";
  const volume = { uuid: randomUUID(), format, sizeBytes, cipher, backing: null } as const;
  const secret = cipher === "none" ? null : "a key of the bench's own";
  await createVolume({ home: dir, uid: null }, { ...volume, secret });
  const file = join(dir, volumeName(volume));
  await cp(file, `${file}.empty`);
  if (secret === null) return { file, options: `driver=raw,file.filename=${file}`, secret: [] };
  const key = join(dir, "key");
  await writeFile(key, secret);
  const options = `driver=qcow2,encrypt.key-secret=k,file.filename=${file}`;
  return { file, options, secret: ["--object", `secret,id=k,file=${key}`] };
}

/** Empties it, so that it is filled as a new drive is. */
export const empty = ({ file }: Twin) => tool(["cp", "--sparse=always", `${file}.empty`, file]);

/** Does what `qemu-img dd` would, which makes its target itself: it cannot make an encrypted one. */
export async function fill({ options, secret }: Twin, raw: string): Promise<void> {
  const target = [...secret, "--target-image-opts", options];
  await tool(["qemu-img", "convert", "-n", "-t", "writeback", "-f", "raw", raw, ...target]);
}

/** Runs a program to its end. Errors: it failed, with what it said. */
export async function tool(command: readonly string[]): Promise<void> {
  const { code, stderr } = await runToEnd(command);
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
}
