/** The commands on standard images, which are there for admins; everybody reads them as drives. */
import { z } from "zod";
import { number, state } from "../api/answered.ts";
import type { Declared } from "../api/command.ts";
import { readInput } from "../api/input.ts";
import { type Key, keyTable } from "../api/key.ts";
import type { Properties } from "../api/properties.ts";
import { name, uuid } from "../api/value.ts";
import { noteMade } from "../audit/event.ts";
import type { DriveDependencies } from "../drives/dependencies.ts";
import { STANDARD } from "../drives/drive.ts";
import type { ImageBuilder } from "./builder.ts";
import type { KnownImage } from "./records.ts";
import { destroyImage, sealDrive } from "./seal.ts";
import { SYSTEM_NAMES, SYSTEMS, systemOf } from "./systems.ts";

const { media } = STANDARD.shape;

const ADD_KEYS = keyTable(
  [
    {
      pattern: "drive",
      schema: uuid,
      takes: "the uuid of a drive of your own",
      settable: ["create"],
      required: true,
      group: "general",
      refers: "drive",
      help: "the drive that becomes the image, and is yours no more; it is not gzipped",
    },
    {
      pattern: "media",
      schema: media,
      takes: "'disk' or 'cdrom'",
      settable: ["create"],
      default: "disk",
      group: "general",
      help: "whether drives are imaged from it, or servers have it as a CD too",
    },
    {
      pattern: "name",
      schema: name,
      takes: "a line of at most 255 characters",
      settable: ["create"],
      group: "general",
      help: "what accounts see it called; absent: as the drive was",
    },
  ],
  "images",
);

const system = z.enum(SYSTEM_NAMES);

const BUILD_KEYS = keyTable(
  [
    {
      pattern: "system",
      schema: system,
      takes: "'sample' or 'debian-12'",
      settable: ["create"],
      required: true,
      group: "general",
      help:
        "which one: a small guest that boots everywhere and shows that it did, or Debian 12, which takes minutes and is " +
        "set up by 'user-data' and 'ssh:keys'",
    },
  ],
  "images",
);

const IMAGE: Key = {
  pattern: "image",
  schema: uuid,
  takes: "the uuid of a standard image",
  settable: ["create"],
  required: true,
  group: "general",
  help: "which one",
};

const REMOVE_KEYS = keyTable([IMAGE], "images");

const STATUSES = {
  ready: "ready",
  "being imported": "importing",
  "half imported": "incomplete",
  "being removed": "removing",
  "half removed": "removing",
} as const satisfies Record<KnownImage["state"], string>;

const KEYS = keyTable(
  [
    { ...state, pattern: "image", help: "the image's uuid, by which it is read as a drive" },
    { ...state, pattern: "name", help: "what it is called" },
    { ...state, schema: media, pattern: "media", help: "'disk' or 'cdrom'" },
    { ...state, pattern: "format", help: "'gzip', absent when it holds a disk as it is" },
    { ...number, pattern: "size", unit: "bytes", help: "what it takes" },
    {
      ...number,
      pattern: "rawsize",
      unit: "bytes",
      help: "its size once it is gunzipped; absent until it is known",
    },
    {
      ...state,
      pattern: "sha256",
      help: "of its content; absent of one that was a drive, and until it is known",
    },
    {
      ...state,
      schema: z.enum(["ready", "importing", "incomplete", "removing"]),
      pattern: "status",
      help: "ready; importing while it is built or imported, incomplete where that broke off; removing",
    },
    {
      ...state,
      schema: system,
      pattern: "system",
      help: "which one, of a system that the cloud builds itself",
    },
    {
      ...number,
      pattern: "done",
      unit: "bytes",
      help: "how much is there of one that is importing or incomplete",
    },
    { ...state, pattern: "step", help: "of one that is being built: what is done now" },
    {
      ...state,
      pattern: "error",
      help: "of one that is incomplete: why it could not be built, where that was told",
    },
  ],
  "images",
);

const DRIVE = "5f25b424-974b-4ed6-9d75-a25204c42d15";

const ADDED: Properties = [
  ["image", DRIVE],
  ["name", "Debian Linux 12"],
  ["media", "disk"],
  ["size", 2_147_483_648],
  ["rawsize", 2_147_483_648],
  ["status", "ready"],
];

const BEGUN: Properties = [
  ["image", SYSTEMS.sample.uuid],
  ["name", SYSTEMS.sample.name],
  ["media", "disk"],
  ["size", 0],
  ["status", "importing"],
  ["system", "sample"],
];

export type ImageDependencies = DriveDependencies & { readonly builder: ImageBuilder };

export const IMAGE_COMMANDS: readonly Declared<ImageDependencies>[] = [
  {
    path: "images/info",
    summary: "Get all standard images' info, unfinished ones too",
    isAdmins: true,
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: KEYS.keys,
    errors: [],
    example: { answer: [ADDED] },
    async *run({ builder }) {
      const images = await builder.records.list();
      const answered = images.map(async (image) => {
        const status = STATUSES[image.state];
        const isPart = status === "importing" || status === "incomplete";
        return answer(image, isPart ? await builder.filledBytes(image.uuid) : null);
      });
      if (images.length > 0) yield await Promise.all(answered);
    },
  },
  {
    path: "images/add",
    summary: "Make a standard image of a drive of your own",
    isAdmins: true,
    effect: "changes",
    takes: "properties",
    keys: ADD_KEYS.toCreate,
    returns: "properties",
    answers: KEYS.keys,
    errors: ["no_such_drive", "drive_read_only", "drive_in_use", "drive_imaged", "drive_imaged_from"],
    example: { input: { drive: DRIVE, name: "Debian Linux 12" }, answer: ADDED },
    async run(dependencies, { caller, input }) {
      const given = readInput(ADD_KEYS, input, "create");
      const [drive, called] = [String(given.get("drive")), given.get("name") ?? null];
      noteMade(drive);
      await sealDrive(dependencies, {
        ...{ user: caller.user, drive, name: called === null ? null : String(called) },
        media: media.parse(given.get("media") ?? "disk"),
      });
      return answer(await dependencies.builder.records.known(drive));
    },
  },
  {
    path: "images/build",
    summary: "Have the cloud build a standard image by itself, out of the packages of the system's maker",
    isAdmins: true,
    effect: "changes",
    takes: "properties",
    keys: BUILD_KEYS.toCreate,
    returns: "properties",
    answers: KEYS.keys,
    errors: ["image_present", "image_unfinished"],
    example: { input: { system: "sample" }, answer: BEGUN },
    async run({ builder }, { input }) {
      const named = system.parse(readInput(BUILD_KEYS, input, "create").get("system"));
      noteMade(SYSTEMS[named].uuid);
      return answer(await builder.begin(named));
    },
  },
  {
    path: "images/remove",
    summary: "Remove a standard image that nobody uses, and break off what the cloud builds",
    isAdmins: true,
    effect: "changes",
    takes: "properties",
    keys: REMOVE_KEYS.toCreate,
    returns: "nothing",
    errors: ["no_such_image", "image_unfinished", "drive_in_use", "drive_imaged_from"],
    example: { input: { image: DRIVE } },
    async run(dependencies, { input, requestId }) {
      const image = String(readInput(REMOVE_KEYS, input, "create").get("image"));
      noteMade(image);
      const { builder } = dependencies;
      const { state: at } = await builder.records.known(image);
      if (at === "ready") await destroyImage(dependencies, image, requestId);
      else await builder.remove(image);
    },
  },
];

/** @param doneBytes how much is there of one that is no whole; null of others */
function answer(
  { uuid: image, name: called, media: kind, format, state: at, ...sizes }: KnownImage,
  doneBytes: number | null = null,
): Properties {
  const { sizeBytes, rawSizeBytes, sha256, step, error } = sizes;
  const built = systemOf(image);
  return [
    ["image", image],
    ["name", called],
    ["media", kind],
    ...(format === null ? [] : [["format", format] as const]),
    ["size", sizeBytes],
    ...(rawSizeBytes === null ? [] : [["rawsize", rawSizeBytes] as const]),
    ...(sha256 === null ? [] : [["sha256", sha256] as const]),
    ["status", STATUSES[at]],
    ...(built === null ? [] : [["system", built] as const]),
    ...(doneBytes === null ? [] : [["done", doneBytes] as const]),
    ...(step === null ? [] : [["step", step] as const]),
    ...(error === null ? [] : [["error", error] as const]),
  ];
}
