/** What the palette finds: places to go to and things to do, each with the words that it is found by. */
import { addressOf, called, type Drive, type Resource, type Server, textOf } from "../api/objects.ts";
import type { IconName } from "../parts/icons.tsx";
import { isolated } from "../parts/theirs.tsx";
import { ACTIONS, type Action, nameOf, obstacleTo } from "../servers/doing.ts";
import { text as servers } from "../servers/text.ts";
import { text } from "./text.ts";

export type Place = {
  readonly to: string;
  readonly params?: { readonly uuid: string };
  readonly search?: Readonly<Record<string, string>>;
};

export type Kind = Exclude<keyof typeof text.groups, "recent">;

export type Entry = {
  /** The same from visit to visit. */
  readonly id: string;
  readonly kind: Kind;
  readonly label: string;
  /** What tells it from others of that label. */
  readonly hint: string;
  readonly icon: IconName;
  /** In small letters. */
  readonly words: string;
  readonly place?: Place;
  readonly doing?: {
    readonly action: Action;
    readonly server: Server;
    readonly obstacle: string | null;
  };
};

/** All entries of one kind of object are made once for each object, however often the lists are read. */
function remembered<T extends object>(make: (object: T) => Entry): (object: T) => Entry {
  const known = new WeakMap<T, Entry>();
  return (object) => {
    const found = known.get(object) ?? make(object);
    known.set(object, found);
    return found;
  };
}

const small = (...words: readonly string[]) => words.join(" ").toLowerCase();

const spaced = (...words: readonly string[]) =>
  words
    .filter((word) => word !== "")
    .map(isolated)
    .join(" · ");

export const serverEntry = remembered<Server>((server) => {
  const name = nameOf(server);
  const tags = textOf(server.tags);
  const address = addressOf(server);
  return {
    ...{ id: `server:${server.server}`, kind: "server", label: name, icon: "servers" },
    hint: spaced(textOf(server.status), address, tags),
    words: small(name, tags, address, server.server),
    place: { to: "/servers/$uuid", params: { uuid: server.server } },
  };
});

const driveLike = (kind: "drive" | "image", icon: IconName) =>
  remembered<Drive>((drive) => {
    const name = called(drive.name, drive.drive);
    const tags = textOf(drive.tags);
    return {
      ...{ id: `${kind}:${drive.drive}`, kind, label: name, icon },
      hint: spaced(tags, drive.drive),
      words: small(name, tags, drive.drive),
      place:
        kind === "drive"
          ? { to: "/drives/$uuid", params: { uuid: drive.drive } }
          : { to: "/servers/create", search: { image: drive.drive } },
    };
  });

export const driveEntry = driveLike("drive", "drives");
export const imageEntry = driveLike("image", "images");

export const resourceEntry = remembered<Resource>(({ resource, type, name, tags }) => {
  const named = textOf(name);
  return {
    ...{ id: `${type}:${resource}`, kind: type, icon: type === "ip" ? "addresses" : "vlans" },
    label: type === "ip" ? resource : called(name, resource),
    hint: type === "ip" ? named : resource,
    words: small(resource, named, textOf(tags)),
    place: { to: type === "ip" ? "/addresses" : "/vlans", search: { q: resource } },
  };
});

/** What can be done with a server, and what shows its screen. */
export function actionsOn(server: Server): readonly Entry[] {
  const name = nameOf(server);
  const { words } = serverEntry(server);
  const id = (what: string) => `action:${what}:${server.server}`;
  const shown: Entry = {
    ...{ id: id("screen"), kind: "action", label: text.doing(text.screen, name), icon: "screen", hint: "" },
    words: small(text.screen, words),
    place: { to: "/servers/$uuid", params: { uuid: server.server }, search: { tab: "screen" } },
  };
  return [
    shown,
    ...ACTIONS.map((action): Entry => {
      const obstacle = obstacleTo(action, server);
      return {
        ...{ id: id(action), kind: "action", label: text.doing(servers.actions[action], name), icon: action },
        hint: obstacle ?? "",
        words: small(servers.actions[action], words),
        doing: { action, server, obstacle },
      };
    }),
  ];
}

const place = (
  id: keyof typeof text.places,
  kind: "page" | "action",
  icon: IconName,
  to: string,
  search?: Place["search"],
): Entry => ({
  ...{ id: `place:${id}`, kind, icon, label: text.places[id], hint: "" },
  words: small(text.places[id]),
  place: { to, ...(search === undefined ? {} : { search }) },
});

/** What is neither a page of the navigation nor of an object. */
export const PLACES: readonly Entry[] = [
  place("createServer", "action", "add", "/servers/create"),
  place("upload", "action", "upload", "/drives/upload"),
  place("createDrive", "action", "add", "/drives/create"),
  place("keys", "page", "account", "/account", { tab: "keys" }),
  place("sessions", "page", "account", "/account", { tab: "sessions" }),
  place("limits", "page", "account", "/account", { tab: "limits" }),
  place("commands", "action", "api", "/api"),
];

export type Page = { readonly to: string; readonly label: string; readonly icon: IconName };

/** A page of the navigation. */
export const pageEntry = ({ to, label, icon }: Page): Entry => ({
  ...{ id: `page:${to}`, kind: "page", label, icon, hint: "" },
  words: small(label),
  place: { to },
});
