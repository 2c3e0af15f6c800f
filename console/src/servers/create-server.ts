/** What a new server is to be, and making it: a drive where it needs one, what is on it, then the server. */
import { change, read, type Values } from "../api/client.ts";
import { ApiError } from "../api/errors.ts";
import {
  called,
  type Drive,
  devicesOf,
  numberOf,
  type Resource,
  type Server,
  textOf,
} from "../api/objects.ts";
import type { Asked } from "../parts/request.tsx";
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
export type Made = { readonly drive?: MadeDrive; readonly step?: string };

type MadeDrive = { readonly uuid: string; readonly plan: DrivePlan; readonly isImaged: boolean };

/** All that a new drive is made of. */
type DrivePlan = {
  readonly name: string;
  readonly size: string;
  /** The standard image on it, null where nothing is. */
  readonly image: string | null;
};

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
  let drive = driveFor(draft, known, made);
  if (made.drive !== undefined && drive === undefined) {
    tell({ drive: made.drive, step: steps.givingUp });
    await giveUp(made.drive, () => tell({}));
  }
  const note = (step: string) => tell({ ...(drive && { drive }), step });
  const plan = planOf(draft, known);
  if (plan !== null && drive === undefined) {
    note(steps.drive);
    const { drive: uuid } = await change<Drive>("drives/create", driveValues(plan));
    drive = { uuid, plan, isImaged: plan.image === null };
    note(steps.drive);
  }
  if (plan !== null && drive !== undefined && !drive.isImaged) {
    note(steps.image);
    await change(imagingOf(drive.uuid, draft, known).join("/"));
    await imaged(drive.uuid, (done) => note(text.creating.imaging(done)));
    drive = { ...drive, isImaged: true };
  }
  note(steps.server);
  return change<Server>("servers/create", valuesOf(draft, drive?.uuid ?? ""));
}

const driveValues = ({ name, size }: DrivePlan) => ({ name, size });

/** The command that makes the drive of the image. */
function imagingOf(drive: string, { source }: Draft, { standard }: Known): readonly string[] {
  const image = standard.find((each) => each.drive === source);
  return ["drives", drive, "image", source, ...(image?.format === "gzip" ? ["gunzip"] : [])];
}

/** What is asked before the server is made, of a drive that is not there yet: `DRIVE` stands for its uuid. */
export function requestsOf(draft: Draft, known: Known, made: Made): readonly Asked[] {
  const plan = planOf(draft, known);
  const isThere = driveFor(draft, known, made);
  if (plan === null || isThere?.isImaged) return [];
  const create = { path: ["drives", "create"], values: driveValues(plan) };
  const image = { path: imagingOf(isThere?.uuid ?? "DRIVE", draft, known) };
  return [...(isThere === undefined ? [create] : []), ...(plan.image === null ? [] : [image])];
}

/** Null where the server has a drive that is there. */
function planOf(draft: Draft, known: Known): DrivePlan | null {
  const { system, name, source } = draft;
  if (system === "drive") return null;
  return { name, size: sizeOf(draft, known), image: system === "image" ? source : null };
}

/** The drive that an earlier try made, where the server as it is to be now takes it. */
export function driveFor(draft: Draft, known: Known, { drive }: Made): MadeDrive | undefined {
  return drive !== undefined && isOfUse(drive, draft, known) ? drive : undefined;
}

/** Whether it is as one that were made now. It may also be chosen as one that is there. */
function isOfUse({ uuid, plan }: MadeDrive, draft: Draft, known: Known): boolean {
  const now = planOf(draft, known);
  if (now === null) return draft.source === uuid;
  return now.name === plan.name && now.size === plan.size && now.image === plan.image;
}

/**
 * Destroys what is made for a server that is to be another now: that is one rule for whatever changed, where to rename, to grow and to
 * image it again would be three. Errors: why it is there still; the next try goes on without it, but where nothing is known of it.
 */
async function giveUp({ uuid, plan }: MadeDrive, forget: () => void): Promise<void> {
  const { notGivenUp, usedBy } = text.creating;
  // The cloud keeps none from being destroyed that a stopped server has.
  const servers = await read<readonly Server[]>("servers/info");
  const user = servers.find((server) => devicesOf(server).some(({ drive }) => drive === uuid));
  if (user !== undefined) {
    forget();
    throw new Error(notGivenUp(plan.name, usedBy(called(user.name, user.server))));
  }
  try {
    await change(`drives/${uuid}/destroy`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    forget();
    if (error.status === 404) return;
    throw new Error(notGivenUp(plan.name, error.message), { cause: error });
  }
  forget();
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
