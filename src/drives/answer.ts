/** A drive as it is answered (spec: drive info). */
import type { Properties, Value } from "../api/properties.ts";
import type { IoCounters } from "../host/host.ts";
import type { Drive, Standard } from "./drive.ts";
import { DRIVE_KEYS } from "./keys.ts";

/** @param io what it has read and written so far, wherever that is counted */
export function driveAnswer(drive: Drive, io: IoCounters): Properties {
  const answer: [string, Value][] = [
    ["drive", drive.uuid],
    ...Object.entries(drive.kept),
    ["size", drive.sizeBytes],
    ["claim:type", drive.claimType],
    ["encryption:cipher", drive.cipher],
    ["user", drive.user],
    ["status", "active"],
    ...(drive.standard === null ? counted(io) : described(drive.standard)),
  ];
  if (drive.claimed.length > 0) answer.push(["claimed", drive.claimed.join(" ")]);
  return DRIVE_KEYS.inOrder(answer);
}

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
