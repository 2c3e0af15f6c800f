/** A drive as it is answered (spec: drive info). */

import type { Properties, Value } from "../api/properties.ts";
import type { UserId } from "../base/ids.ts";
import type { IoCounters } from "../host/host.ts";
import { isImaged } from "./can.ts";
import type { Drive, Standard } from "./drive.ts";
import { DRIVE_KEYS } from "./keys.ts";
import type { UnreadableDrive } from "./records.ts";

/** Who asks, and how much of an imaging is done, in per cent, where they ask for that too. */
export type Asked = { readonly user: UserId; readonly percentage: number | null };

/**
 * What was answered of a drive as it was read, and with which counts. Callers poll all of theirs, and putting an answer's keys
 * in order is most of the work. Nothing of a drive that is not imaged depends on who asks.
 */
const answered = new WeakMap<Drive, { readonly io: IoCounters; readonly answer: Properties }>();

/** @param io what it has read and written so far, wherever that is counted */
export function driveAnswer(drive: Drive, io: IoCounters, asked: Asked): Properties {
  if (drive.imaging !== null || drive.imagedOnto.length > 0) return newAnswer(drive, io, asked);
  const known = answered.get(drive);
  if (known?.io === io) return known.answer;
  const answer = newAnswer(drive, io, asked);
  answered.set(drive, { io, answer });
  return answer;
}

function newAnswer(drive: Drive, io: IoCounters, asked: Asked): Properties {
  const answer: [string, Value][] = [
    ["drive", drive.uuid],
    ...Object.entries(drive.attributes),
    ["size", drive.sizeBytes],
    ["claim:type", drive.claimType],
    ["encryption:cipher", drive.cipher],
    ["user", drive.user],
    ["status", "active"],
    ...(drive.standard === null ? counted(io) : described(drive.standard)),
  ];
  const claimed = [...drive.claimed, ...imagingClaims(drive, asked.user)];
  if (claimed.length > 0) answer.push(["claimed", claimed.join(" ")]);
  const { imaging } = drive;
  if (imaging?.state === "queued") answer.push(["imaging", "queued"]);
  if (imaging?.state === "running") {
    answer.push(["imaging", asked.percentage === null ? "true" : `${asked.percentage}%`]);
  }
  if (imaging?.state === "failed") answer.push(["imaging:error", imaging.error ?? ""]);
  return DRIVE_KEYS.inOrder(answer);
}

/** One whose row is damaged is told by its name, among others that are whole. */
export const unreadableAnswer = ({ uuid, user }: UnreadableDrive): Properties => [
  ["drive", uuid],
  ["user", user],
];

const counted = (io: IoCounters): [string, Value][] => [
  ["read:bytes", io.readBytes],
  ["read:requests", io.readRequests],
  ["write:bytes", io.writeBytes],
  ["write:requests", io.writeRequests],
];

/** Of a standard image; what is read of it is not answered, since it is other users who read. */
const described = ({ media, format, rawSizeBytes }: Standard): [string, Value][] => [
  ["media", media],
  ...(format === null ? [] : [["format", format] satisfies [string, Value]]),
  ["rawsize", rawSizeBytes],
];

/**
 * The drives on the other side of its imagings, as far as they are the asker's to know (ruling: drives, `claimed`): the
 * owner of a target named its source themselves.
 */
function imagingClaims(drive: Drive, user: UserId): readonly string[] {
  const named = isImaged(drive) && drive.user === user ? (drive.imaging?.source ?? null) : null;
  return [
    ...(named === null ? [] : [named]),
    ...drive.imagedOnto.filter((onto) => onto.user === user).map((onto) => onto.drive),
  ];
}
