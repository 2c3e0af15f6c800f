/**
 * The URL of a PostgreSQL database, in the form of libpq (PostgreSQL's manual, "Connection URIs"):
 * `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?PARAMETER=VALUE&…`, several hosts being one database that
 * moves between them. Without a host there is `host=/FOLDER` among the parameters, the folder of a Unix socket.
 */
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { usage } from "../../base/errors.ts";

/** Where a server listens: a host and port, or the path of its Unix socket. */
export type Address =
  | { readonly host: string; readonly port: number; readonly path?: undefined }
  | { readonly path: string };

export type DatabaseUrl = {
  readonly addresses: readonly [Address, ...Address[]];
  readonly user: string;
  /** Empty when there is none. */
  readonly password: string;
  readonly database: string;
  /** Which of the addresses will do: one that takes writes, or any. */
  readonly sessionAttributes: "read-write" | "any";
  /** `prefer` encrypts where the server can; `require` insists; `verify-full` checks its certificate for its name. */
  readonly tls: "disable" | "prefer" | "require" | "verify-full";
  /** The certificates that may vouch for the server's, in PEM; null for those of the system. */
  readonly rootCertificates: string | null;
};

const DEFAULT_PORT = 5432;
const FORM = /^postgres(?:ql)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/;
const PARAMETERS = ["host", "target_session_attrs", "sslmode", "sslrootcert"];

/** Errors: `usage`, which names no password. */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const match = FORM.exec(text);
  if (match === null) throw usage("the database is sqlite or postgres://USER:PASSWORD@HOST:PORT/DATABASE");
  const [user = "", password = "", hosts = "", database = ""] = match.slice(1, 5).map(decoded);
  const parameters = new URLSearchParams(match[5] ?? "");
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name)) {
      throw usage(`the database's URL has ${name}, and may have ${PARAMETERS.join(", ")}`);
    }
  }
  const name = user === "" ? userInfo().username : user;
  return {
    addresses: parseAddresses(hosts, parameters.get("host") ?? ""),
    user: name,
    password,
    database: database === "" ? name : database,
    sessionAttributes: oneOf(parameters, "target_session_attrs", ["read-write", "any"]),
    tls: oneOf(parameters, "sslmode", ["prefer", "disable", "require", "verify-full"]),
    rootCertificates: certificates(parameters.get("sslrootcert")),
  };
}

export const addressText = (address: Address) =>
  address.path === undefined ? `${address.host}:${address.port}` : address.path;

function decoded(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? "");
  } catch {
    throw usage("the database's URL has a % that no two hex digits follow: a % itself is %25");
  }
}

function parseAddresses(hosts: string, socketFolder: string): readonly [Address, ...Address[]] {
  if (hosts === "" && socketFolder.startsWith("/")) {
    return [{ path: `${socketFolder.replace(/\/$/, "")}/.s.PGSQL.${DEFAULT_PORT}` }];
  }
  if (socketFolder !== "") throw usage("the database's URL takes host=/FOLDER, and then no other host");
  const [first = "", ...more] = hosts.split(",");
  return [parseAddress(first), ...more.map(parseAddress)];
}

function parseAddress(text: string): Address {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\s/]+))(?::(\d{1,5}))?$/i.exec(text);
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (match === null || port < 1 || port > 65_535) {
    throw usage(`the database's URL names its server HOST:PORT, not "${text}"`);
  }
  return { host: match[1] ?? match[2] ?? "", port };
}

/** The parameter, or the first of the values when it is not given. Errors: `usage`. */
function oneOf<const Value extends string>(
  parameters: URLSearchParams,
  name: string,
  values: readonly [Value, ...Value[]],
): Value {
  const given = parameters.get(name);
  const value = given === null ? values[0] : values.find((each) => each === given);
  if (value === undefined) throw usage(`${name} in the database's URL takes ${values.join(" or ")}`);
  return value;
}

function certificates(file: string | null): string | null {
  if (file === null || file === "system") return null;
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw usage(`sslrootcert in the database's URL cannot be read: ${(cause as Error).message}`, { cause });
  }
}
