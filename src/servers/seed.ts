/**
 * The seed of a server: what its guest is told of itself as it comes up, by the files of cloud-init's data source NoCloud.
 * The keys are in `meta-data`, so that `user-data` is the user's alone, and both may be given. Its network is left to DHCP.
 * Rules alone; no effects.
 */
import { createHash } from "node:crypto";
import type { Seed } from "../host/host.ts";
import type { Server } from "./server.ts";

/** Names by RFC 1123: of a label, and of all of them. */
const MOST_LABEL_CHARACTERS = 63;
const MOST_NAME_CHARACTERS = 253;
/** How much of a digest tells one from another. */
const DIGEST_CHARACTERS = 16;

/** Whether a start makes a seed for the server. */
export const hasSeed = ({
  configuration,
  userDataBytes,
}: Pick<Server, "configuration" | "userDataBytes">): boolean =>
  configuration.sshKeys.length > 0 || userDataBytes !== null;

/**
 * The seed; the same for the same server, keys and user data. JSON is YAML (YAML 1.2), and nothing of it can be taken for
 * anything but what it is.
 *
 * @param userData null where there is none
 */
export function seedOf(
  { uuid, configuration }: Pick<Server, "uuid" | "configuration">,
  userData: string | null,
): Seed {
  const { name, sshKeys } = configuration;
  const metaData = {
    "instance-id": instanceId(uuid, sshKeys, userData),
    "local-hostname": hostName(name, uuid),
    ...(sshKeys.length === 0 ? {} : { "public-keys": sshKeys }),
  };
  return [
    { name: "meta-data", content: `${JSON.stringify(metaData)}\n` },
    { name: "user-data", content: userData ?? "" },
  ];
}

/** A guest sets itself up once for each: other keys or other user data make another. */
function instanceId(uuid: string, sshKeys: readonly string[], userData: string | null): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([sshKeys, userData]))
    .digest("hex");
  return `${uuid}-${digest.slice(0, DIGEST_CHARACTERS)}`;
}

/** The server's name as a name of a machine: `Web Server 1` is `web-server-1`; one of which nothing is left is of the uuid. */
export function hostName(name: string, uuid: string): string {
  const labels = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{M}/gu, "")
    .split(".")
    .map(labelOf)
    .filter((label) => label !== "");
  const whole = labels.join(".");
  return whole === "" || whole.length > MOST_NAME_CHARACTERS
    ? (labels[0] ?? `server-${uuid.slice(0, 8)}`)
    : whole;
}

function labelOf(part: string): string {
  const words = part.split(/[^a-z0-9]/).filter((word) => word !== "");
  return words.join("-").slice(0, MOST_LABEL_CHARACTERS).replace(/-$/, "");
}
