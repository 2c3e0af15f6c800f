/** A drive as its host opens it. */

import type { Keyring } from "../base/keyring.ts";
import type { Volume } from "../host/host.ts";
import type { Drive } from "./drive.ts";

/** Errors: the keyring's, when the drive's secret cannot be unwrapped. */
export function volumeOf(drive: Drive, keyring: Keyring): Volume {
  const { uuid, sizeBytes, cipher, wrappedSecret, standard } = drive;
  return {
    uuid,
    format: formatOf(cipher),
    sizeBytes,
    cipher,
    secret: wrappedSecret === null ? null : keyring.unwrap(uuid, wrappedSecret),
    backing: null,
    ...(standard === null ? {} : { sealed: standard.sha256 ?? uuid }),
  };
}

/** What a new drive's first volume is: qcow2 brings the map of what was written, which LUKS alone does not have. */
const formatOf = (cipher: Drive["cipher"]): Volume["format"] => (cipher === "none" ? "raw" : "qcow2");
