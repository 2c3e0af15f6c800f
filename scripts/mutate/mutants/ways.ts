/** Planted bugs in how drives' bytes are sent, by the tools and by the daemon. */
import type { Mutant } from "../mutant.ts";

const SEND_BUFFER = "src/host/process/send-buffer.ts";
const SEND_BUFFERS = ["src/host/process/send-buffer.test.ts"];
const ENCODER = "src/cli/client/encoder.ts";
const ENCODERS = ["src/cli/client/encoder.test.ts"];

export const WAYS: readonly Mutant[] = [
  {
    name: "the send buffer of a drive's connection stays as it is",
    file: SEND_BUFFER,
    find: "setsockopt($socket, 1, 32, $bytes) or setsockopt($socket, 1, 7, $bytes) or die $!;",
    replace: "",
    tests: SEND_BUFFERS,
  },
  {
    name: "a socket whose send buffer was enlarged is read no more",
    file: SEND_BUFFER,
    find: "  socket.resume();",
    replace: "",
    tests: SEND_BUFFERS,
  },
  {
    name: "a drive cannot be written where perl is not installed",
    file: SEND_BUFFER,
    find: "  } catch {\n    return null;\n  }",
    replace: "  } catch (error) {\n    throw error;\n  }",
    tests: SEND_BUFFERS,
  },
  {
    name: "each write enlarges the buffer of its connection again",
    file: "src/host/wire/nbd.ts",
    find: "if (this.#isWide || this.#socket.destroyed) return;",
    replace: "if (this.#socket.destroyed) return;",
    tests: ["src/host/wire/nbd.test.ts"],
  },
  {
    name: "a long write goes out through the buffer that its connection came with",
    file: "src/host/volumes/drive-host.ts",
    find: "target.lengthBytes >= LONG_WRITE_BYTES",
    replace: "target.lengthBytes < LONG_WRITE_BYTES",
    tests: ["src/host/volumes/long-write.test.ts"],
  },
  {
    name: "a busy machine has its own cloud inflate what the tool gzipped",
    file: ENCODER,
    find: "return isNear && (speed === null || speed.bytesPerMs > WITHIN_MACHINE_BYTES_PER_MS);",
    replace: "return isNear && speed === null;",
    tests: ENCODERS,
  },
  {
    name: "nothing is gzipped for a tunnel that begins on this machine",
    file: ENCODER,
    find: "return isNear && (speed === null || speed.bytesPerMs > WITHIN_MACHINE_BYTES_PER_MS);",
    replace: "return isNear;",
    tests: ENCODERS,
  },
  {
    name: "within a machine the first chunks wait for each other",
    file: ENCODER,
    find: "return isNear && (speed === null || speed.bytesPerMs > WITHIN_MACHINE_BYTES_PER_MS);",
    replace: "return isNear && speed !== null && speed.bytesPerMs > WITHIN_MACHINE_BYTES_PER_MS;",
    tests: ENCODERS,
  },
];
