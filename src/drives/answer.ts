/** A drive as it is answered (spec: drive info). */
import type { Properties, Value } from "../api/properties.ts";
import type { IoCounters } from "../host/host.ts";
import type { Drive } from "./drive.ts";
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
    ["read:bytes", io.readBytes],
    ["read:requests", io.readRequests],
    ["write:bytes", io.writeBytes],
    ["write:requests", io.writeRequests],
  ];
  if (drive.claimed.length > 0) answer.push(["claimed", drive.claimed.join(" ")]);
  return DRIVE_KEYS.inOrder(answer);
}
