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

/** @param io what it has read and written so far, wherever that is counted */
export function driveAnswer(drive: Drive, io: IoCounters, asked: Asked): Properties {
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
