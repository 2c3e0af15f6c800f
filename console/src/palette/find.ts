/** Finding by words: pure, one pass over everything, and of each kind a few. */
import type { Drive, Resource, Server } from "../api/objects.ts";
import { ACTIONS } from "../servers/doing.ts";
import { text as labels } from "../servers/text.ts";
import {
  actionsOn,
  driveEntry,
  type Entry,
  imageEntry,
  type Kind,
  type Page,
  PLACES,
  pageEntry,
  resourceEntry,
  serverEntry,
} from "./entries.ts";
import { text } from "./text.ts";

export type Known = {
  readonly pages: readonly Page[];
  readonly servers: readonly Server[];
  readonly drives: readonly Drive[];
  readonly images: readonly Drive[];
  readonly resources: readonly Resource[];
};

/** How many of a kind are shown. */
const MOST_OF_KIND = 6;
/** What can be done is shown of as many servers as one can mean. */
const MOST_ACTED_ON = 2;

export type Group = {
  readonly kind: Kind | "recent";
  readonly entries: readonly Entry[];
  readonly hasMore: boolean;
};

/**
 * What all of the words of the query are found in, by kind; a name that begins with the query comes before others. Where some
 * of the words are of an action, as in `start web`, it is offered for the servers that the others find.
 *
 * @param recent what is shown before anything was typed, by id
 */
export function find(query: string, known: Known, recent: readonly string[]): readonly Group[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const pages = known.pages.map(pageEntry);
  if (words.length === 0) return groups([recentOf(recent, known, pages), ...fixed([...pages, ...PLACES])]);
  const matches = (entry: Entry) => words.every((word) => entry.words.includes(word));
  const servers = best(known.servers.map(serverEntry), matches, words);
  const places = [...pages, ...PLACES].filter(matches);
  const actions = actionsFor(words, known, servers.entries);
  const isDone = words.some(isOfAction) && actions.entries.length > 0;
  return groups([
    whole("page", ofKind(places, "page")),
    ...(isDone ? [actions] : []),
    { kind: "server", ...servers },
    { kind: "drive", ...best(known.drives.map(driveEntry), matches, words) },
    { kind: "image", ...best(known.images.map(imageEntry), matches, words) },
    ...(["ip", "vlan"] as const).map((type) => ({
      kind: type,
      ...best(ofKind(known.resources.map(resourceEntry), type), matches, words),
    })),
    whole("action", [...ofKind(places, "action"), ...(isDone ? [] : actions.entries)]),
  ]);
}

const groups = (all: readonly Group[]) => all.filter(({ entries }) => entries.length > 0);

const ofKind = (entries: readonly Entry[], wanted: Kind) => entries.filter(({ kind }) => kind === wanted);

const whole = (kind: Group["kind"], entries: readonly Entry[]): Group => ({ kind, entries, hasMore: false });

const fixed = (entries: readonly Entry[]) =>
  (["page", "action"] as const).map((kind) => whole(kind, ofKind(entries, kind)));

/** The first few in order of how well they match. */
function best(
  entries: readonly Entry[],
  matches: (entry: Entry) => boolean,
  [first = ""]: readonly string[],
) {
  const ranks: [Entry[], Entry[], Entry[]] = [[], [], []];
  let count = 0;
  for (const entry of entries) {
    if (!matches(entry)) continue;
    count++;
    const rank = entry.words.startsWith(first) ? 0 : entry.label.toLowerCase().includes(first) ? 1 : 2;
    const ranked = ranks[rank];
    if (ranked.length < MOST_OF_KIND) ranked.push(entry);
  }
  return { entries: ranks.flat().slice(0, MOST_OF_KIND), hasMore: count > MOST_OF_KIND };
}

/** What can be done with the servers that the words find which are of no action; of all the actions, where no word is of one. */
function actionsFor(words: readonly string[], { servers }: Known, found: readonly Entry[]): Group {
  const names = words.filter((word) => !isOfAction(word));
  if (names.length === words.length) {
    const chosen = new Set(found.map(({ id }) => id));
    const few =
      found.length > MOST_ACTED_ON ? [] : servers.filter((each) => chosen.has(serverEntry(each).id));
    return whole("action", few.flatMap(actionsOn));
  }
  const meant: Entry[] = [];
  for (const server of servers) {
    const own = serverEntry(server).words;
    if (!names.every((name) => own.includes(name))) continue;
    const asked = actionsOn(server).filter((action) => words.every((word) => action.words.includes(word)));
    // Where no server is named, those are meant of which it can be done.
    meant.push(...asked.filter(({ doing }) => names.length > 0 || doing?.obstacle === null));
    if (meant.length >= MOST_OF_KIND) break;
  }
  return whole("action", meant.slice(0, MOST_OF_KIND));
}

const ACTION_WORDS = [...ACTIONS.map((action) => labels.actions[action]), text.screen]
  .join(" ")
  .toLowerCase()
  .split(" ");

const isOfAction = (word: string) => ACTION_WORDS.some((each) => each.startsWith(word));

function recentOf(recent: readonly string[], known: Known, pages: readonly Entry[]): Group {
  const wanted = new Set(recent);
  const all = new Map<string, Entry>();
  const note = (entry: Entry) => wanted.has(entry.id) && all.set(entry.id, entry);
  for (const entry of [...pages, ...PLACES]) note(entry);
  for (const server of known.servers) note(serverEntry(server));
  for (const drive of known.drives) note(driveEntry(drive));
  for (const image of known.images) note(imageEntry(image));
  for (const resource of known.resources) note(resourceEntry(resource));
  return whole(
    "recent",
    recent.flatMap((id) => all.get(id) ?? []),
  );
}
