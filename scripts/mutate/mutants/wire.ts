/** Planted bugs in what comes over a wire and goes out: keys, formats, bodies, NBD, QMP. */
import type { Mutant } from "../mutant.ts";

export const WIRE: readonly Mutant[] = [
  {
    name: "sizes count in thousands",
    file: "src/api/value.ts",
    find: '{ "": 1, k: 2 ** 10,',
    replace: '{ "": 1, k: 10 ** 3,',
    tests: ["src/api/key.test.ts", "test/conformance/drives.test.ts"],
  },
  {
    name: "an unknown key is passed over",
    file: "src/api/input.ts",
    find: "if (found === null) throw",
    replace: "if (found === null) continue;\n    if (found === undefined) throw",
    tests: ["src/api/key.test.ts"],
  },
  {
    name: "a required key may be missing",
    file: "src/api/input.ts",
    find: 'if (moment === "create") requireAll(table, changes);',
    replace: 'if (moment === "stopped") requireAll(table, changes);',
    tests: ["src/api/key.test.ts"],
  },
  {
    name: "a key that came twice counts once",
    file: "src/http/formats/text.ts",
    find: "if (input.has(key)) throw",
    replace: "if (input.has(key) && key === '') throw",
    tests: ["test/conformance/introduction.test.ts", "test/conformance/drives.test.ts", "src/http/formats"],
  },
  {
    name: "control characters are values",
    file: "src/http/formats/characters.ts",
    find: "return !CONTROL.test(text) && text.isWellFormed();",
    replace: "return text.isWellFormed();",
    tests: ["test/conformance/introduction.test.ts", "test/conformance/drives.test.ts", "src/http/formats"],
  },
  {
    name: "a media type with a weight of 0 is answered",
    file: "src/http/formats/negotiate.ts",
    find: "if (preference.quality > 0 && isBetter)",
    replace: "if (preference.quality >= 0 && isBetter)",
    tests: ["test/conformance/introduction.test.ts", "src/http/formats"],
  },
  {
    name: "busy is answered as 403",
    file: "src/http/status.ts",
    find: "  busy: 409,",
    replace: "  busy: 403,",
    tests: ["test/conformance/servers.test.ts"],
  },
  {
    name: "a gzipped body counts as long as it came",
    file: "src/http/body/gzip.ts",
    find: "      lengthBytes += chunk.length;",
    replace: "      lengthBytes = chunk.length;",
    tests: ["test/conformance/drives.test.ts"],
  },
  {
    name: "an NBD error is taken for success",
    file: "src/host/wire/nbd.ts",
    find: "if (code === 0) request.resolve();",
    replace: "if (code >= 0) request.resolve();",
    tests: ["src/host/wire/nbd.test.ts", "src/host/volumes/drive-host.test.ts"],
  },
  {
    name: "requests of a lost NBD connection wait for ever",
    file: "src/host/wire/nbd.ts",
    find: "for (const { reject } of pending.values()) reject(new ConnectionLost(socketPath));",
    replace: "for (const { command } of pending.values()) new ConnectionLost(command);",
    tests: ["src/host/wire/nbd.test.ts"],
  },
  {
    name: "a QMP error is taken for an answer",
    file: "src/host/wire/qmp.ts",
    find: "if (message.error === undefined) request?.resolve(message.return);",
    replace: "if (message.event === undefined) request?.resolve(message.return);",
    tests: ["src/host/wire/qmp.test.ts"],
  },
  {
    name: "requests of a lost QMP connection wait for ever",
    file: "src/host/wire/qmp.ts",
    find: "for (const { command, reject } of pending.splice(0)) reject(new ConnectionLost(command));",
    replace: "for (const { command } of pending.splice(0)) new ConnectionLost(command);",
    tests: ["src/host/wire/qmp.test.ts"],
  },
];
