/** Requests about servers with their answers, for the description of the API: the specification's worked example. */
import type { Example } from "../api/command.ts";
import type { Properties } from "../api/properties.ts";

const SERVER = "85ef58c8-6f5d-4f7f-8f1c-0c19d45d7c1c";
const DRIVE = "08c92dd5-70a0-4f51-83d2-835919d254df";
const USER = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";
const ADDRESS = "91.203.56.132";

const params = { SERVER };

const input = {
  name: "TestServer",
  cpu: 2000,
  mem: 1024,
  "ide:0:0": DRIVE,
  boot: "ide:0:0",
  "nic:0:model": "e1000",
  "nic:0:dhcp": "auto",
  smp: "auto",
  vnc: "auto",
  "vnc:password": "XXXXXXXX",
};

const active: Properties = [
  ["server", SERVER],
  ["name", "TestServer"],
  ["cpu", 2000],
  ["smp", "auto"],
  ["smp:cores", 1],
  ["smp:sockets", 1],
  ["mem", 1024],
  ["ide:0:0", DRIVE],
  ["boot", "ide:0:0"],
  ["nic:0:dhcp", "auto"],
  ["nic:0:dhcp:ip", ADDRESS],
  ["nic:0:model", "e1000"],
  ["rx", 0],
  ["tx", 0],
  ["vnc", "auto"],
  ["vnc:ip", ADDRESS],
  ["vnc:password", "XXXXXXXX"],
  ["password", "XXXXXXXX"],
  ["status", "active"],
  ["user", USER],
  ["started", 1_262_304_000],
  ["rx:bytes", 0],
  ["rx:packets", 0],
  ["tx:bytes", 0],
  ["tx:packets", 0],
  ["ide:0:0:read:bytes", 0],
  ["ide:0:0:read:requests", 0],
  ["ide:0:0:write:bytes", 0],
  ["ide:0:0:write:requests", 0],
];

/** What a server has only while it is active, but for its status. */
const OF_A_RUN = /^(smp:|nic:0:dhcp:ip|vnc:ip|[rt]x|started|ide:0:0:.*:)/;

const stopped: Properties = active
  .filter(([key]) => !OF_A_RUN.test(key))
  .map(([key, value]) => [key, key === "status" ? "stopped" : value]);

const renamed: Properties = active.map(([key, value]) => [key, key === "name" ? "RenamedServer" : value]);

export const SERVER_EXAMPLES = {
  list: {
    answer: [
      [
        ["server", SERVER],
        ["cpu", 2000],
        ["mem", 1024],
      ],
    ],
  },
  info: { params, answer: active },
  infoOfAll: { answer: [active] },
  create: { input, answer: active },
  createStopped: { input, answer: stopped },
  act: { params },
  set: { params, input: { name: "RenamedServer" }, answer: renamed },
  screen: {
    params,
    answer: [
      ["ticket", "vZ5cG0Nn3mYk1qT8wXbR4sLd7uJfHa2oPe6iKtQyBzM"],
      ["expires", 1_798_761_630],
    ],
  },
  serial: {
    params,
    answer: [
      ["ticket", "pQ1rT7uWxY3zA9bC5dE0fG8hI2jK6lM4nO-qR_sTuVw"],
      ["expires", 1_798_761_630],
    ],
  },
} as const satisfies Record<string, Example>;
