/** Planted bugs in what a daemon at rest has in memory, how quickly it starts, and how it answers long lists. */
import type { Mutant } from "../mutant.ts";

const LOADED = "src/main.test.ts";
const LUKS = "src/host/volumes/luks.test.ts";

export const AT_REST: readonly Mutant[] = [
  {
    name: "Node's HTTP brings its WebSockets along",
    file: "src/http/node-server.ts",
    find: 'import type { IncomingMessage, RequestListener, Server } from "node:http";',
    replace:
      'import { Agent as _, type IncomingMessage, type RequestListener, type Server } from "node:http";',
    tests: [LOADED],
  },
  {
    name: "the client of PostgreSQL is in memory beside SQLite",
    file: "src/store/open.ts",
    find: 'import type { Store } from "./store.ts";',
    replace: 'import "./postgres/postgres-store.ts";\nimport type { Store } from "./store.ts";',
    tests: [LOADED],
  },
  {
    name: "others may write to what Node compiled",
    file: "scripts/setup/compiled.cjs",
    find: "{ mode: 0o755 }",
    replace: "{ mode: 0o777 }",
    tests: ["scripts/setup/setup.test.ts"],
  },
  {
    name: "the pieces of a split key are not numbered",
    file: "src/host/volumes/luks.ts",
    find: "numbered.writeUInt32BE(piece);",
    replace: "numbered.writeUInt32BE(0);",
    tests: [LUKS],
  },
  {
    name: "all sectors of a key slot have one tweak",
    file: "src/host/volumes/luks.ts",
    find: "tweak.writeUInt32LE(at / SECTOR_BYTES);",
    replace: "tweak.writeUInt32LE(0);",
    tests: [LUKS],
  },
  {
    name: "all drives have one master key",
    file: "src/host/volumes/luks.ts",
    find: "const masterKey = randomBytes(KEY_BYTES);",
    replace: "const masterKey = Buffer.alloc(KEY_BYTES, 7);",
    tests: [LUKS],
  },
];
