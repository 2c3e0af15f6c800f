/** What a new server is to be, and making it: a drive where it needs one, what is on it, then the server. */
import { change, read, type Values } from "../api/client.ts";
import { ApiError } from "../api/errors.ts";
import { type Drive, numberOf, type Resource, type Server, textOf } from "../api/objects.ts";
import { text } from "./text.ts";

export type Draft = {
  readonly name: string;
  readonly system: "image" | "cd" | "drive" | "empty";
  /** The standard image, the CD, or one's own drive. */
  readonly source: string;
  readonly driveSize: string;
  readonly cpu: string;
  readonly mem: string;
  readonly address: string;
  readonly vlan: string;
  readonly password: string;
  readonly isPersistent: boolean;
  /** As the values of their keys are. */
  readonly sshKeys: string;
  readonly userData: string;
};

export type Known = {
  readonly standard: readonly Drive[];
  readonly drives: readonly Drive[];
  readonly resources: readonly Resource[];
};

/** What is made already, and at which step it is. */
export type Made = { readonly drive?: string; readonly isImaged?: boolean; readonly step?: string };

export const isCd = ({ media }: Drive) => media === "cdrom";

const PASSWORD_CHARACTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const PASSWORD_LENGTH = 8;

export function firstDraft(
  known: Known,
  { image, drive }: { image?: string | undefined; drive?: string | undefined },
): Draft {
  const images = known.standard.filter((each) => !isCd(each));
  const chosen = known.standard.find((each) => each.drive === image);
  const system =
    drive !== undefined
      ? "drive"
      : chosen !== undefined && isCd(chosen)
        ? "cd"
        : images.length > 0
          ? "image"
          : known.drives.length > 0
            ? "drive"
            : "empty";
  const source = drive ?? chosen?.drive ?? (system === "image" ? (images[0]?.drive ?? "") : "");
  return {
    ...{ name: "", system, source, driveSize: "10G", cpu: "2000", mem: "1024" },
    ...{ address: "auto", vlan: "", password: newPassword(), isPersistent: true },
    ...{ sshKeys: "", userData: "" },
  };
}

function newPassword(): string {
  const random = crypto.getRandomValues(new Uint32Array(PASSWORD_LENGTH));
  return Array.from(random, (number) => PASSWORD_CHARACTERS[number % PASSWORD_CHARACTERS.length]).join("");
}

/** What `servers/create` is sent. */
export function valuesOf(draft: Draft, drive: string): Values {
  const { system, source } = draft;
  return {
    name: draft.name,
    cpu: draft.cpu,
    mem: draft.mem,
    persistent: String(draft.isPersistent),
    ...(system === "cd" ? { "ide:0:0": source, "ide:0:0:media": "cdrom" } : {}),
    "block:0": system === "drive" ? source : drive,
    boot: system === "cd" ? "ide:0:0 block:0" : "block:0",
    "nic:0:model": "virtio",
    "nic:0:dhcp": draft.address,
    ...(draft.vlan === "" ? {} : { "nic:1:model": "virtio", "nic:1:vlan": draft.vlan }),
    ...(draft.sshKeys === "" ? {} : { "ssh:keys": draft.sshKeys }),
    ...(draft.userData === "" ? {} : { "user-data": draft.userData }),
    ...(draft.password === "" ? {} : { vnc: "auto", "vnc:password": draft.password }),
  };
}

/** Which of the form's fields a refusal is about, null where it is about none. */
export function faultKeyOf(error: unknown): string | null {
  if (!(error instanceof ApiError) || error.key === null) return null;
  const { key } = error;
  if (key === "ide:0:0" || key === "block:0") return "source";
  return FIELDS.includes(key) ? key : null;
}

const FIELDS = [
  ...["name", "cpu", "mem", "size", "nic:0:dhcp", "nic:1:vlan", "vnc:password", "persistent"],
  ...["ssh:keys", "user-data"],
];

/**
 * Makes the server. Errors: what the API refuses; what was made by then is told.
 *
 * @param made what an earlier try made
 */
export async function makeServer(
  draft: Draft,
  known: Known,
  made: Made,
  tell: (made: Made) => void,
): Promise<Server> {
  const { steps } = text.creating;
  if (draft.system !== "empty" && draft.source === "") throw new Error(text.creating.chooseSystem);
  let now = made;
  const note = (changed: Made) => {
    now = { ...now, ...changed };
    tell(now);
  };
  if (draft.system !== "drive" && now.drive === undefined) {
    note({ step: steps.drive });
    const drive = await change<Drive>("drives/create", { name: draft.name, size: sizeOf(draft, known) });
    note({ drive: drive.drive });
  }
  const { drive = "" } = now;
  if (draft.system === "image" && now.isImaged !== true) {
    note({ step: steps.image });
    const image = known.standard.find((each) => each.drive === draft.source);
    const conversion = image?.format === "gzip" ? "/gunzip" : "";
    await change(`drives/${drive}/image/${draft.source}${conversion}`);
    await imaged(drive, (done) => note({ step: text.creating.imaging(done) }));
    note({ isImaged: true });
  }
  note({ step: steps.server });
  return change<Server>("servers/create", valuesOf(draft, drive));
}

/** A drive of an image holds all of it, however small a size is named. */
export function sizeOf(draft: Draft, { standard }: Known): string {
  const image = standard.find((each) => each.drive === draft.source);
  if (draft.system !== "image" || draft.driveSize !== "") return draft.driveSize;
  return String(numberOf(image?.rawsize ?? image?.size));
}

const LOOK_MS = 1_000;

async function imaged(drive: string, onProgress: (done: string) => void): Promise<void> {
  for (;;) {
    const info = await read<Drive>(`drives/${drive}/info/full`);
    const failure = info["imaging:error"];
    if (failure !== undefined) throw new Error(textOf(failure));
    const done = textOf(info.imaging);
    if (done === "") return;
    onProgress(done);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
