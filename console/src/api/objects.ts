/** Objects as the API answers them in JSON. */

/** Any key that is not named. */
type Others = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export type Server = Others & {
  readonly server: string;
  readonly name?: string;
  readonly status?: string;
  readonly cpu?: string;
  readonly mem?: string;
};

export type Drive = Others & {
  readonly drive: string;
  readonly name?: string;
  readonly size?: string;
  readonly user: string;
};

export type Resource = Others & {
  readonly resource: string;
  readonly type: "ip" | "vlan";
  readonly name?: string;
};

export type Profile = Others & { readonly user: string; readonly name?: string; readonly role?: string };

export type ApiKey = Others & { readonly key: string; readonly name?: string };

export type Session = Others & { readonly session: string };

/** A value as text; absent ones are empty. */
export const textOf = (value: Others[string]): string =>
  value === undefined ? "" : Array.isArray(value) ? value.join(" ") : String(value);

const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** What an object is shown as: its name, or its uuid where nobody would see anything of that. */
export function called(name: Others[string], uuid: string): string {
  const text = textOf(name);
  return VISIBLE.test(text) ? text : uuid;
}

export const numberOf = (value: Others[string]): number => Number(textOf(value) || 0);

/** The words of a value that lists several. */
export const wordsOf = (value: Others[string]): readonly string[] =>
  textOf(value)
    .split(" ")
    .filter((word) => word !== "");

const DEVICE = /^(ide:[01]:[01]|scsi:0:[0-7]|block:[0-7])$/;

/** A server's devices with the drive of each, in the order of its answer. */
export const devicesOf = (server: Server) =>
  Object.keys(server)
    .filter((key) => DEVICE.test(key))
    .map((device) => ({
      device,
      drive: textOf(server[device]),
      media: textOf(server[`${device}:media`]) || "disk",
    }));

/** Addresses at which a server is reached, as far as it is known. */
export function addressOf(server: Server): string {
  const given = textOf(server["nic:0:dhcp:ip"]) || textOf(server["nic:0:dhcp"]);
  return given === "auto" ? "" : given;
}
