/**
 * Node's HTTP. An `import` of `node:http` reads each of its exports, and those for WebSockets bring all of undici into memory:
 * 16 MB, of which nothing here uses any. Its types cost nothing, and are imported from there.
 */
export const http = process.getBuiltinModule("node:http");

/** The same over TLS, for programs that seldom speak it: it is loaded where it is asked for, and takes half as long as Node's start. */
export const https = () => process.getBuiltinModule("node:https");
