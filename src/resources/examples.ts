/** Requests about resources with their answers, for the description of the API. */
import type { Example } from "../api/command.ts";
import type { Properties } from "../api/properties.ts";

const ADDRESS = "203.0.113.7";
const USER = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";

const params = { TYPE: "ip", RESOURCE: ADDRESS };

const info = (name: string): Properties => [
  ["resource", ADDRESS],
  ["type", "ip"],
  ["name", name],
  ["user", USER],
  ["netmask", "255.255.255.240"],
  ["gateway", "203.0.113.1"],
  ["nameserver", "192.0.2.53"],
];

export const RESOURCE_EXAMPLES = {
  list: {
    params: { TYPE: "ip" },
    answer: [
      [
        ["type", "ip"],
        ["resource", ADDRESS],
      ],
    ],
  },
  info: { params, answer: info("TestAddress") },
  infoOfAll: { answer: [info("TestAddress")] },
  create: { params: { TYPE: "ip" }, input: { name: "TestAddress" }, answer: info("TestAddress") },
  act: { params },
  set: { params, input: { name: "RenamedAddress" }, answer: info("RenamedAddress") },
} as const satisfies Record<string, Example>;
