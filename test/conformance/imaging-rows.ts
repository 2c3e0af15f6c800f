/** Requests for imagings and what they answer: what is refused, and what holds while one is under way. */
import { ERROR_CODES } from "../../src/base/error-codes.ts";
import type { Row } from "../../testing/conformance/exchange.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";

const post = (
  name: string,
  path: string,
  status: number,
  code?: keyof typeof ERROR_CODES,
  says?: RegExp,
): Row => ({
  name,
  path,
  method: "POST",
  status,
  ...(code === undefined ? {} : { code, error: ERROR_CODES[code].type }),
  ...(says === undefined ? {} : { says }),
});

/** With IDLE, SMALL (less than IDLE), BOBDRIVE (another user's) and HELD (a server's). */
export const refusals: readonly Row[] = [
  post(
    "an unknown conversion is 400 usage",
    "drives/IDLE/image/SMALL/bzip2",
    400,
    "malformed_parameter",
    /gzip or gunzip.*"bzip2"/,
  ),
  post("a drive onto itself is 400 usage", "drives/IDLE/image/IDLE", 400, "imaging_onto_itself", /itself/),
  post(
    "a drive onto itself is 400 usage, converted too",
    "drives/IDLE/image/IDLE/gzip",
    400,
    "imaging_onto_itself",
    /itself/,
  ),
  post(
    "a plain imaging onto a smaller drive is 507 full",
    "drives/SMALL/image/IDLE",
    507,
    "target_too_small",
    /4096 .*10000/,
  ),
  post(
    "a target that a server holds is 409 busy",
    "drives/HELD/image/SMALL",
    409,
    "drive_in_use",
    /in use by server/,
  ),
  post("a target that is not there is 404 missing", `drives/${NOBODY}/image/SMALL`, 404, "no_such_drive"),
  post(
    "a source that is not there is 404 missing",
    `drives/IDLE/image/${NOBODY}`,
    404,
    "no_such_drive",
    /^there is no drive/,
  ),
  post(
    "a source that is no uuid is 404 missing",
    "drives/IDLE/image/debian",
    404,
    "no_such_drive",
    /^there is no drive/,
  ),
  post(
    "another user's source is 404 missing, as if it were not there",
    "drives/IDLE/image/BOBDRIVE",
    404,
    "no_such_drive",
    /^there is no drive/,
  ),
  post(
    "another user's target is 404 missing",
    "drives/BOBDRIVE/image/SMALL",
    404,
    "no_such_drive",
    /^there is no drive/,
  ),
  { name: "GET of image is 405 method", path: "drives/IDLE/image/SMALL", status: 405, error: "method" },
];

const codeOf = (drive: "PACKED" | "QUEUED" | "SOURCE" | "SLOW") =>
  drive === "PACKED" || drive === "QUEUED" ? "drive_imaged" : "drive_imaged_from";

/** While SLOW is packed onto PACKED, and SOURCE waits to be copied onto QUEUED. */
export const meanwhile: readonly Row[] = [
  {
    name: "imaging is true while it is under way",
    path: "drives/PACKED/info",
    status: 200,
    answer: { imaging: "true" },
  },
  {
    name: "info/full shows the percentage of one under way",
    path: "drives/PACKED/info/full",
    status: 200,
    answer: { imaging: /^\d{1,2}%$/ },
  },
  {
    name: "one that waits shows imaging queued",
    path: "drives/QUEUED/info",
    status: 200,
    answer: { imaging: "queued" },
  },
  {
    name: "info/full shows imaging queued for one that waits",
    path: "drives/QUEUED/info/full",
    status: 200,
    answer: { imaging: "queued" },
  },
  {
    name: "a source shows no imaging of its own",
    path: "drives/SOURCE/info/full",
    status: 200,
    answer: { imaging: null, "imaging:error": null },
  },
  ...["PACKED", "QUEUED"].flatMap((target): Row[] => [
    post(
      `a second imaging onto ${target} is 409 busy`,
      `drives/${target}/image/SMALL`,
      409,
      "drive_imaged",
      /is being imaged$/m,
    ),
    post(
      `an imaging from ${target}, which is imaged itself, is 409 busy`,
      `drives/BIG/image/${target}`,
      409,
      "drive_imaged",
    ),
  ]),
  post(
    "an imaging onto a source is 409 busy",
    "drives/SOURCE/image/SMALL",
    409,
    "drive_imaged_from",
    /is being imaged from$/m,
  ),
  ...(["PACKED", "QUEUED", "SOURCE", "SLOW"] as const).flatMap((drive): Row[] => [
    post(`destroying ${drive} is 409 busy`, `drives/${drive}/destroy`, 409, codeOf(drive), /being imaged/),
    {
      name: `writing ${drive} is 409 busy`,
      path: `drives/${drive}/write`,
      give: { a: 1 },
      status: 409,
      error: "busy",
      code: codeOf(drive),
    },
    {
      name: `resizing ${drive} is 409 busy`,
      path: `drives/${drive}/set`,
      give: { size: "1G" },
      status: 409,
      error: "busy",
      code: codeOf(drive),
    },
    {
      name: `naming ${drive} and its size 0 is fine`,
      path: `drives/${drive}/set`,
      give: { name: "n", size: 0 },
      status: 200,
    },
    {
      name: `starting a server that could write on ${drive} is 409 busy`,
      path: "servers/create",
      give: { name: "s", cpu: 500, mem: 32, "ide:0:0": drive },
      status: 409,
      error: "busy",
      says: /being imaged/,
    },
  ]),
  {
    name: "starting a server with a target for a CD is 409 busy",
    path: "servers/create",
    give: { name: "s", cpu: 500, mem: 32, "ide:0:0": "QUEUED", "ide:0:0:media": "cdrom" },
    status: 409,
    error: "busy",
    code: "drive_imaged",
  },
];
