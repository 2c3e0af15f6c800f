/**
 * Node's HTTP. An `import` of `node:http` reads each of its exports, and those for WebSockets bring all of undici into memory:
 * 16 MB, of which nothing here uses any. Its types cost nothing, and are imported from there.
 */
export const http = process.getBuiltinModule("node:http");
