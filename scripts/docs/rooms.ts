/** `docs/rooms.md`: the rooms of the code by what stands on what, made from the table that the check of imports reads. */

/** Each room with those that it may import from; `src` stands for every room in it. */
export type Rooms = Readonly<Record<string, readonly string[]>>;

/** The rooms in layers: a room imports from layers below its own alone. The table must have no circle. */
export function layersOf(rooms: Rooms): readonly (readonly string[])[] {
  const heights = new Map<string, number>();
  const heightOf = (room: string): number => {
    const known = heights.get(room);
    if (known !== undefined) return known;
    const height = 1 + Math.max(-1, ...importsOf(rooms, room).map(heightOf));
    heights.set(room, height);
    return height;
  };
  const layers: string[][] = [];
  for (const room of Object.keys(rooms)) {
    const height = heightOf(room);
    layers[height] = [...(layers[height] ?? []), room];
  }
  return layers.reverse();
}

function importsOf(rooms: Rooms, room: string): readonly string[] {
  const everything = Object.keys(rooms).filter((other) => other !== room && other.startsWith("src/"));
  return (rooms[room] ?? []).flatMap((other) => (other === "src" ? everything : [other]));
}

/** The document. */
export function roomsDocument(rooms: Rooms): string {
  const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");
  const rows = layersOf(rooms).flatMap((layer, at, layers) =>
    layer.map((room) => {
      const imports = (rooms[room] ?? []).map((other) => (other === "src" ? "all of `src`" : code([other])));
      return `| ${layers.length - at} | ${code([room])} | ${imports.join(", ") || "nothing"} |`;
    }),
  );
  return [
    "# Rooms",
    "",
    "Made by `npm run docs` from `scripts/check/rooms.ts`, which `npm run check` holds every import against; tests may import",
    "anything. A room is a folder or file of the code with a rule of its own; a folder within one that has no row is part of",
    "it. Besides its own files, it imports from these alone, all of them of layers below its own.",
    "",
    "| layer | room | may import from |",
    "| ---: | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
