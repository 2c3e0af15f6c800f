/** The keys of a resource, in the order of answers (spec: resource info, resource create, resource set). */
import { z } from "zod";
import { state } from "../api/answered.ts";
import { OWN_KEYS } from "../api/attributes.ts";
import { type Key, keyTable } from "../api/key.ts";
import { ipv4, name } from "../api/value.ts";

const KEYS: readonly Key[] = [
  { ...state, pattern: "resource", help: "the address, or the uuid of the VLAN" },
  { ...state, pattern: "type", schema: z.enum(["ip", "vlan"]), help: "ip or vlan" },
  {
    pattern: "name",
    schema: name,
    takes: "a line of at most 255 characters",
    settable: ["create", "stopped", "active"],
    group: "general",
    help: "resource name",
  },
  ...OWN_KEYS,
  { ...state, pattern: "user", help: "owner of the resource" },
  { ...state, pattern: "netmask", schema: ipv4, help: "of an ip: its network's mask" },
  { ...state, pattern: "gateway", schema: ipv4, help: "of an ip: its network's router" },
  { ...state, pattern: "nameserver", help: "of an ip: name servers, with spaces between" },
];

export const RESOURCE_KEYS = keyTable(KEYS, "resources");
