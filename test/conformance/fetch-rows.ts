/** Requests to image a drive from a URL, and what they answer where they are refused. */
import { ERROR_CODES } from "../../src/base/error-codes.ts";
import type { Row } from "../../testing/conformance/exchange.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const URL = "http://127.0.0.1:1/image";

const refused = (
  name: string,
  give: Row["give"],
  code: keyof typeof ERROR_CODES,
  { drive = "IDLE", key, says }: { drive?: string; key?: string; says?: RegExp } = {},
): Row => {
  const { type } = ERROR_CODES[code];
  const status = { usage: 400, missing: 404, busy: 409 }[type as "usage" | "missing" | "busy"];
  return {
    ...{ name, path: `drives/${drive}/fetch`, method: "POST", status, error: type, code },
    ...(give === undefined ? {} : { give }),
    ...(key === undefined ? {} : { key }),
    ...(says === undefined ? {} : { says }),
  };
};

const SUM = "a".repeat(64);
const TAKES = /url takes a URL of http or https of at most 2048 characters, without credentials/;
const bad = { key: "url", says: TAKES };

/** With IDLE, BOBDRIVE (another user's), BOBSOURCE (another user's that may be read), HELD (a server's) and BUSY, which is fetched. */
export const refusals: readonly Row[] = [
  refused("without a url it is 400 usage", { sha256: SUM }, "key_required", {
    key: "url",
    says: /^url is missing/,
  }),
  refused("a url that is none is 400 usage", { url: "example.com/image" }, "malformed_value", bad),
  refused("a url of another scheme is 400 usage", { url: "ftp://example.com/image" }, "malformed_value", bad),
  refused("a url of a file is 400 usage", { url: "file:///etc/passwd" }, "malformed_value", bad),
  refused(
    "a url with credentials is 400 usage",
    { url: "https://ann:pw@example.com/" },
    "malformed_value",
    bad,
  ),
  refused("a url with a user is 400 usage", { url: "https://ann@example.com/" }, "malformed_value", bad),
  refused(
    "a url that is too long is 400 usage",
    { url: `http://a/${"b".repeat(2048)}` },
    "malformed_value",
    bad,
  ),
  refused("a sha256 that is none is 400 usage", { url: URL, sha256: "abc" }, "malformed_value", {
    ...{ key: "sha256", says: /sha256 takes a SHA-256: 64 hexadecimal digits/ },
  }),
  refused("an unknown key is 400 usage", { url: URL, md5: "abc" }, "unknown_key", { key: "md5" }),
  refused("a drive that is not there is 404 missing", { url: URL }, "no_such_drive", { drive: NOBODY }),
  refused("another user's drive is 404 missing", { url: URL }, "no_such_drive", { drive: "BOBDRIVE" }),
  refused("another user's drive that may be read is 404 missing", { url: URL }, "drive_read_only", {
    drive: "BOBSOURCE",
  }),
  refused("a drive that a server holds is 409 busy", { url: URL }, "drive_in_use", { drive: "HELD" }),
  refused("a drive that is fetched is 409 busy", { url: URL }, "drive_imaged", { drive: "BUSY" }),
  { name: "GET of fetch is 405 method", path: "drives/IDLE/fetch", status: 405, error: "method" },
];

/** While BUSY is fetched, half of it is there, and WAITS waits for its turn. */
export const meanwhile: readonly Row[] = [
  ...[
    { name: "one that is fetched shows imaging true", path: "drives/BUSY/info", imaging: "true" },
    { name: "info/full shows how much of it is there", path: "drives/BUSY/info/full", imaging: "50%" },
    {
      name: "one that waits to be fetched shows imaging queued",
      path: "drives/WAITS/info",
      imaging: "queued",
    },
  ].map(({ name, path, imaging }): Row => ({ name, path, status: 200, answer: { imaging, claimed: null } })),
  ...(["write", "image/IDLE", "set"] as const).map((command): Row => {
    const give = command === "set" ? { size: "20M" } : undefined;
    return {
      ...{
        name: `${command} of one that is fetched is 409 busy`,
        path: `drives/BUSY/${command}`,
        method: "POST",
      },
      ...(give === undefined ? {} : { give }),
      ...{ status: 409, error: "busy", code: "drive_imaged" },
    };
  }),
  {
    name: "imaging from one that is fetched is 409 busy",
    ...{ path: "drives/IDLE/image/BUSY", method: "POST", status: 409, error: "busy", code: "drive_imaged" },
  },
  {
    name: "a server that would start with one is 409 busy",
    ...{ path: "servers/create", method: "POST", status: 409, error: "busy", code: "drive_imaged" },
    give: { name: "s", cpu: 500, mem: 32, "ide:0:0": "BUSY" },
  },
];
