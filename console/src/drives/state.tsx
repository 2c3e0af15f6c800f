/** In which state a drive is, as far as its owner can tell. */
import { type Drive, textOf, wordsOf } from "../api/objects.ts";
import { Status } from "../parts/status.tsx";
import { text } from "./text.ts";

export function stateOf(drive: Drive): string {
  const imaging = textOf(drive.imaging);
  if (imaging === "queued") return text.queued;
  if (imaging !== "") return text.imaging(imaging);
  if (drive["imaging:error"] !== undefined) return text.failed;
  return wordsOf(drive.claimed).length > 0 ? text.inUse : text.free;
}

const KINDS: Readonly<Record<string, string>> = { [text.inUse]: "active", [text.free]: "stopped" };

export const DriveStatus = ({ drive }: { drive: Drive }) => {
  const state = stateOf(drive);
  const kind = KINDS[state] ?? (state.startsWith("imaging") ? "imaging" : state);
  return <Status status={state} kind={kind} />;
};
