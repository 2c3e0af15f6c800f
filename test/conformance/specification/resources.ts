/** The specification's tables about resources. */
import { type Chapter, clients, networks, resources, resourcesAtOnce } from "./row.ts";

const GIVEN = resources("an address comes out of a pool, with the mask and the gateway of its network");
const VLAN = resources("a VLAN has a uuid, and nothing of an address");
const POOL = resources("addresses come with its mask, gateway and name servers, while the daemon runs");
const ORDER = resources("keys come in one order: the resource, what the user keeps, what the cloud says");
const SET = resources("set changes what it names and leaves the rest");
const UNSET = resources("set with an empty value unsets, the name too");

const NAMELESS = [
  ...resources("an address needs no name, nor anything else", "a VLAN needs no name, nor anything else"),
  ...clients("fact 13: a resource is created without a name, or anything else"),
];

export const RESOURCES: Chapter = {
  title: "Resources",
  tables: [
    {
      title: "List all resources",
      command: "resources[/TYPE]/list",
      row: resources(
        "list answers the type and the resource of each, oldest first",
        "list of a type answers those of that type",
        "resources/disk/list is 404 missing: there is no such type",
      ),
    },
    {
      title: "Get single resource info",
      command: "resources/TYPE/RESOURCE/info",
      row: resources(
        "info of an address answers it with its network",
        "info of a VLAN takes its uuid in either case",
        "another user's resource reads as absent for every command",
      ),
      answers: {
        name: GIVEN,
        type: [...GIVEN, ...VLAN],
        resource: [...GIVEN, ...VLAN],
        user: GIVEN,
        netmask: [...GIVEN, ...POOL],
        gateway: [...GIVEN, ...POOL],
        nameserver: POOL,
        tags: [...GIVEN, ...VLAN],
        "user:*": [...GIVEN, ...VLAN, ...ORDER],
      },
    },
    {
      title: "Get all resources info",
      command: "resources/info",
      row: resources("info of all answers each as its own info does"),
    },
    {
      title: "Create a resource",
      command: "resources/TYPE/create",
      row: [
        ...GIVEN,
        ...VLAN,
        ...resources(
          "the network, its gateway, its name servers and the broadcast address are never given, and then it is 507 full",
          "an address of one's own choice is 400 usage for resources/ip/create",
          "resources/disk/create is 404 missing: there is no such type",
        ),
        ...resourcesAtOnce("the last address goes to one of two users who ask at once"),
      ],
      takes: { name: [...GIVEN, ...NAMELESS], tags: GIVEN, "user:*": GIVEN },
    },
    {
      title: "Set extra resource data",
      command: "resources/TYPE/RESOURCE/set",
      row: [...SET, ...networks("set of a resource that is in use succeeds")],
      takes: { name: [...SET, ...UNSET], tags: UNSET, "user:*": SET },
    },
    {
      title: "Destroy a resource",
      command: "resources/TYPE/RESOURCE/destroy",
      row: [
        ...resources("destroy takes an address back", "a destroyed address is gone", "destroy ends a VLAN"),
        ...networks(
          "destroy of resources/ip/IP is 409 busy while an active server uses it",
          "destroy of resources/vlan/VLAN is 409 busy while an active server uses it",
          "destroy of resources/ip/IP succeeds though a stopped server names it",
        ),
        ...resourcesAtOnce("an address is either used or destroyed when both come at once"),
      ],
    },
  ],
};
