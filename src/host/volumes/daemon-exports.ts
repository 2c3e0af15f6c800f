/**
 * What is asked of the storage daemon over QMP to open and close a drive. Commands go out together: QMP answers them in
 * order, and one that cannot be done makes those that build on it fail too.
 */
import { z } from "zod";
import { parseUuid } from "../../base/ids.ts";
import type { Volume } from "../host.ts";
import type { NbdAddress } from "../wire/nbd.ts";
import { QmpError } from "../wire/qmp.ts";
import { fileNode, nodeNameOf } from "./nodes.ts";
import type { Session } from "./session.ts";

/** Of what QMP answers, what is read. */
const EXPORTS = z.array(z.object({ id: z.string() }));
const NODES = z.array(z.object({ "node-name": z.string() }));
const OBJECTS = z.array(z.object({ name: z.string() }));

const EXPORT_PREFIX = "drive-";
const exportId = (uuid: string) => EXPORT_PREFIX + uuid;

/** Opens the drive and exports it. Errors: `failed`, QMP's; then nothing is open. */
export async function exportDrive(session: Session, volume: Volume): Promise<NbdAddress> {
  const nodeName = nodeNameOf(volume.uuid);
  const name = volume.uuid;
  try {
    await inOrder([
      ...addNode(session, volume, nodeName),
      session.execute("block-export-add", {
        type: "nbd",
        id: exportId(volume.uuid),
        "node-name": nodeName,
        name,
        writable: volume.sealed === undefined,
      }),
    ]);
  } catch (error) {
    await deleteNode(session, nodeName).catch(ignoreRefusal);
    throw error;
  }
  return { socketPath: session.nbdSocketPath, exportName: name };
}

/**
 * Ends the export, closes the drive, and answers whether that came about: `hard` cuts whoever is connected, and `safe`
 * leaves it be when somebody is.
 */
export async function unexportDrive(session: Session, uuid: string, mode: "safe" | "hard"): Promise<boolean> {
  try {
    await session.endExport(exportId(uuid), mode);
  } catch (error) {
    ignoreRefusal(error);
    if (mode === "safe") return false;
  }
  await deleteNode(session, nodeNameOf(uuid)).catch(ignoreRefusal);
  return true;
}

/** Gives a closed drive each of the sizes, one after the other. Errors: QMP's. */
export async function resizeDrive(
  session: Session,
  volume: Volume,
  sizesBytes: readonly number[],
): Promise<void> {
  const nodeName = nodeNameOf(volume.uuid);
  try {
    await inOrder([
      ...addNode(session, volume, nodeName),
      ...sizesBytes.map((size) => session.execute("block_resize", { "node-name": nodeName, size })),
    ]);
  } finally {
    await deleteNode(session, nodeName).catch(ignoreRefusal);
  }
}

/**
 * Closes what an earlier run left open in a daemon that was adopted, and answers the drives that somebody is still
 * connected to: those of running servers.
 */
export async function closeLeft(session: Session): Promise<string[]> {
  const stay: string[] = [];
  for (const { id } of await session.execute("query-block-exports", {}, EXPORTS)) {
    const uuid = id.startsWith(EXPORT_PREFIX) ? parseUuid(id.slice(EXPORT_PREFIX.length)) : null;
    if (uuid !== null && !(await unexportDrive(session, uuid, "safe"))) stay.push(uuid);
  }
  const used = new Set(stay.map(nodeNameOf));
  for (const { "node-name": name } of await session.execute(
    "query-named-block-nodes",
    { flat: true },
    NODES,
  )) {
    if (/^d[0-9a-z]+$/.test(name) && !used.has(name)) await deleteNode(session, name).catch(ignoreRefusal);
  }
  for (const name of await objectNames(session)) {
    if (name.endsWith(".secret")) await session.execute("object-del", { id: name });
  }
  return stay;
}

/** What objects there are. Their folder comes with the first of them: a daemon that saw no encrypted drive has none. */
async function objectNames(session: Session): Promise<string[]> {
  const namesIn = async (path: string) =>
    (await session.execute("qom-list", { path }, OBJECTS)).map(({ name }) => name);
  return (await namesIn("/")).includes("objects") ? namesIn("/objects") : [];
}

/** The secret is needed only while the node is opened. */
function addNode(session: Session, volume: Volume, nodeName: string): Promise<unknown>[] {
  const { blockdev, secret } = fileNode(volume, { nodeName, readOnly: false });
  if (secret === null) return [session.execute("blockdev-add", blockdev)];
  return [
    session.execute("object-add", { "qom-type": "secret", id: secret.id, data: secret.text }),
    session.execute("blockdev-add", blockdev),
    session.execute("object-del", { id: secret.id }),
  ];
}

const deleteNode = (session: Session, nodeName: string) =>
  session.execute("blockdev-del", { "node-name": nodeName });

/** Waits for all answers. Errors: the first. */
async function inOrder(answers: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(answers);
  const fault = outcomes.find((outcome) => outcome.status === "rejected");
  if (fault !== undefined) throw fault.reason;
}

/** What is refused because it is not there needs no undoing; a lost daemon has undone everything. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof QmpError)) throw error;
}
