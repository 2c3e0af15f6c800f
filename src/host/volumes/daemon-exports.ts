/**
 * What is asked of the storage daemon over QMP to open and close a drive. Commands go out together: QMP answers them in
 * order, and one that cannot be done makes those that build on it fail too.
 */
import { parseUuid } from "../../base/ids.ts";
import type { DriveImage } from "../host.ts";
import type { NbdAddress } from "../wire/nbd.ts";
import { type Qmp, QmpError } from "../wire/qmp.ts";
import { fileNode, nodeNameOf } from "./nodes.ts";
import type { Session } from "./storage-daemon.ts";

const EXPORT_PREFIX = "drive-";
const exportId = (uuid: string) => EXPORT_PREFIX + uuid;

/** Opens the drive and exports it. Errors: QMP's; then nothing is open. */
export async function exportDrive(session: Session, drive: DriveImage): Promise<NbdAddress> {
  const { qmp, nbdSocketPath } = session;
  const nodeName = nodeNameOf(drive.uuid);
  const name = drive.uuid;
  try {
    await inOrder([
      ...addNode(qmp, drive, nodeName),
      qmp.execute("block-export-add", {
        type: "nbd",
        id: exportId(drive.uuid),
        "node-name": nodeName,
        name,
        writable: drive.sealed === undefined,
      }),
    ]);
  } catch (error) {
    await deleteNode(qmp, nodeName).catch(ignoreRefusal);
    throw error;
  }
  return { socketPath: nbdSocketPath, exportName: name };
}

/**
 * Ends the export, closes the drive, and answers whether that came about: `hard` cuts whoever is connected, and `safe`
 * leaves it be when somebody is.
 */
export async function unexportDrive(session: Session, uuid: string, mode: "safe" | "hard"): Promise<boolean> {
  const { qmp } = session;
  const gone = session.exportGone(exportId(uuid));
  try {
    await qmp.execute("block-export-del", { id: exportId(uuid), mode });
    await gone;
  } catch (error) {
    ignoreRefusal(error);
    if (mode === "safe") return false;
  }
  await deleteNode(qmp, nodeNameOf(uuid)).catch(ignoreRefusal);
  return true;
}

/** Gives a closed drive each of the sizes, one after the other. Errors: QMP's. */
export async function resizeDrive(
  { qmp }: Session,
  drive: DriveImage,
  sizesBytes: readonly number[],
): Promise<void> {
  const nodeName = nodeNameOf(drive.uuid);
  try {
    await inOrder([
      ...addNode(qmp, drive, nodeName),
      ...sizesBytes.map((size) => qmp.execute("block_resize", { "node-name": nodeName, size })),
    ]);
  } finally {
    await deleteNode(qmp, nodeName).catch(ignoreRefusal);
  }
}

/**
 * Closes what an earlier run left open in a daemon that was adopted, and answers the drives that somebody is still
 * connected to: those of running servers.
 */
export async function closeLeft(session: Session): Promise<string[]> {
  const { qmp } = session;
  const stay: string[] = [];
  for (const { id } of await qmp.execute<readonly { id: string }[]>("query-block-exports")) {
    const uuid = id.startsWith(EXPORT_PREFIX) ? parseUuid(id.slice(EXPORT_PREFIX.length)) : null;
    if (uuid !== null && !(await unexportDrive(session, uuid, "safe"))) stay.push(uuid);
  }
  const used = new Set(stay.map(nodeNameOf));
  for (const { "node-name": name } of await qmp.execute<readonly { "node-name": string }[]>(
    "query-named-block-nodes",
    { flat: true },
  )) {
    if (/^d[0-9a-z]+$/.test(name) && !used.has(name)) await deleteNode(qmp, name).catch(ignoreRefusal);
  }
  for (const name of await objectNames(qmp)) {
    if (name.endsWith(".secret")) await qmp.execute("object-del", { id: name });
  }
  return stay;
}

/** What objects there are. Their folder comes with the first of them: a daemon that saw no encrypted drive has none. */
async function objectNames(qmp: Qmp): Promise<string[]> {
  const within = async (path: string) =>
    (await qmp.execute<readonly { name: string }[]>("qom-list", { path })).map(({ name }) => name);
  return (await within("/")).includes("objects") ? within("/objects") : [];
}

/** The secret is needed only while the node is opened. */
function addNode(qmp: Qmp, drive: DriveImage, nodeName: string): Promise<unknown>[] {
  const { blockdev, secret } = fileNode(drive, { nodeName, readOnly: false });
  if (secret === null) return [qmp.execute("blockdev-add", blockdev)];
  return [
    qmp.execute("object-add", { "qom-type": "secret", id: secret.id, data: secret.text }),
    qmp.execute("blockdev-add", blockdev),
    qmp.execute("object-del", { id: secret.id }),
  ];
}

const deleteNode = (qmp: Qmp, nodeName: string) => qmp.execute("blockdev-del", { "node-name": nodeName });

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
