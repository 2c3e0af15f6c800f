/** Requests about drives with their answers, for the description of the API: the specification's worked example. */

import { EVERYBODY } from "../api/authorize.ts";
import type { Example } from "../api/command.ts";
import type { Properties } from "../api/properties.ts";
import { CLOUD_USER } from "../base/ids.ts";

const DRIVE = "08c92dd5-70a0-4f51-83d2-835919d254df";
const SOURCE = "38df0986-4d85-4b76-b502-3878ffc80161";
const USER = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";

const params = { DRIVE };

const info = (name: string): Properties => [
  ["drive", DRIVE],
  ["name", name],
  ["size", 10_000_000],
  ["claim:type", "exclusive"],
  ["encryption:cipher", "aes-xts-plain"],
  ["user", USER],
  ["status", "active"],
  ["read:bytes", 0],
  ["read:requests", 0],
  ["write:bytes", 0],
  ["write:requests", 0],
];

export const DRIVE_EXAMPLES = {
  list: { answer: [[["drive", DRIVE]]] },
  info: { params, answer: info("TestDrive") },
  infoOfAll: { answer: [info("TestDrive")] },
  infoOfStandard: {
    answer: [
      [
        ["drive", "aee5589a-88c3-43ef-bb0a-9cab6e64192d"],
        ["name", "Ubuntu Linux 10.04"],
        ["size", 198_425_347],
        ["claim:type", "shared"],
        ["readers", EVERYBODY],
        ["encryption:cipher", "none"],
        ["media", "disk"],
        ["format", "gzip"],
        ["rawsize", 2 ** 30],
        ["user", CLOUD_USER],
        ["status", "active"],
      ],
    ],
  },
  create: { input: { name: "TestDrive", size: 10_000_000 }, answer: info("TestDrive") },
  act: { params },
  set: { params, input: { name: "RenamedDrive" }, answer: info("RenamedDrive") },
  image: { params: { DRIVE, SOURCE, CONVERSION: "gunzip" } },
  fetch: {
    params,
    input: {
      url: "https://images.example.com/debian-12.raw",
      sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
  },
  read: { params: { DRIVE, OFFSET: "0", SIZE: "4M" } },
  download: { params: { DRIVE, OFFSET: "0" } },
  write: { params: { DRIVE, OFFSET: "4M" } },
} as const satisfies Record<string, Example>;
