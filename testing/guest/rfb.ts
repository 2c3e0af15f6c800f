/** A VNC viewer of a few lines (RFC 6143): enough to log in and see the screen once. */
import { createCipheriv } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { PNG } from "pngjs";

const SECURITY_NONE = 1;
const SECURITY_VNC = 2;

/** The server refused the viewer; the text is the server's reason where it gave one. */
export class Refused extends Error {}

export type Viewer = {
  readonly width: number;
  readonly height: number;
  readonly name: string;
  /** Asks for the whole screen and answers it as a PNG. */
  screenshot(): Promise<Buffer>;
  /** Settles when the other end closes. */
  readonly closed: Promise<void>;
  close(): void;
};

/**
 * Connects and logs in.
 *
 * @param use whether the viewer leaves others their sessions, or asks to be the only one (RFC 6143, 7.3.1)
 *
 * Errors: the socket's own; `Refused` for a wrong password, or where none is taken.
 */
export async function view(
  host: string,
  port: number,
  password: string,
  use: "shared" | "exclusive" = "shared",
): Promise<Viewer> {
  const socket = connect(port, host);
  await once(socket, "connect");
  return viewOver(socket, password, use);
}

/** The same over what is open already; a password of null is none, and the server is to ask for none. */
export async function viewOver(
  socket: Duplex,
  password: string | null,
  use: "shared" | "exclusive" = "shared",
): Promise<Viewer> {
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  // A session that the other end cuts is reset; that it is closed says it all.
  socket.on("error", () => socket.destroy());
  const take = reader(socket);
  try {
    await take(12);
    socket.write("RFB 003.008\n");
    const [count = 0] = await take(1);
    if (count === 0) throw new Refused(await text(take));
    const offered = [...(await take(count))];
    const security = password === null ? SECURITY_NONE : SECURITY_VNC;
    if (!offered.includes(security)) throw new Refused(`only security types ${offered} are offered`);
    if (password !== null && offered.includes(SECURITY_NONE))
      throw new Refused("the server asks for no password");
    socket.write(Buffer.of(security));
    if (password !== null) socket.write(response(await take(16), password));
    if ((await take(4)).readUInt32BE() !== 0) throw new Refused(await text(take));
    socket.write(Buffer.of(use === "shared" ? 1 : 0));
    const init = await take(24);
    const name = (await take(init.readUInt32BE(20))).toString();
    const [width, height] = [init.readUInt16BE(0), init.readUInt16BE(2)];
    return {
      width,
      height,
      name,
      closed,
      screenshot: () => screenshot(socket, take, width, height),
      close: () => socket.destroy(),
    };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

type Take = (bytes: number) => Promise<Buffer>;

/** Reads exactly as many bytes as it is asked for. */
function reader(socket: Duplex): Take {
  const chunks = socket[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  return async (bytes) => {
    while (held.length < bytes) {
      const { value, done } = await chunks.next();
      if (done) throw new Error("the VNC server closed the connection");
      held = Buffer.concat([held, value as Buffer]);
    }
    const taken = held.subarray(0, bytes);
    held = held.subarray(bytes);
    return taken;
  };
}

async function text(take: Take): Promise<string> {
  return (await take((await take(4)).readUInt32BE())).toString();
}

/**
 * The challenge under DES with the password for a key, its bits in each byte mirrored (RFC 6143, 7.2.2). Triple DES with
 * the same key three times is DES, and is what OpenSSL still has.
 */
function response(challenge: Buffer, password: string): Buffer {
  const key = Buffer.alloc(8);
  key.write(password, "latin1");
  for (const [index, byte] of key.entries()) {
    key[index] = Number.parseInt(byte.toString(2).padStart(8, "0").split("").reverse().join(""), 2);
  }
  const cipher = createCipheriv("des-ede3-ecb", Buffer.concat([key, key, key]), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

async function screenshot(socket: Duplex, take: Take, width: number, height: number): Promise<Buffer> {
  const pixels = Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]); // RGB, 32 bits
  const rawEncoding = Buffer.from([2, 0, 0, 1, 0, 0, 0, 0]);
  const request = Buffer.alloc(10);
  request.writeUInt8(3, 0); // FramebufferUpdateRequest, not incremental
  request.writeUInt16BE(width, 6);
  request.writeUInt16BE(height, 8);
  socket.write(Buffer.concat([pixels, rawEncoding, request]));

  const png = new PNG({ width, height });
  for (let seen = 0; seen < width * height; ) {
    const [type = 0] = await take(1);
    if (type !== 0) throw new Error(`the VNC server sent a message of type ${type} instead of the screen`);
    const rectangles = (await take(3)).readUInt16BE(1);
    for (let rectangle = 0; rectangle < rectangles; rectangle++) {
      const head = await take(12);
      const [x, y, w, h] = [
        head.readUInt16BE(0),
        head.readUInt16BE(2),
        head.readUInt16BE(4),
        head.readUInt16BE(6),
      ];
      const rows = await take(w * h * 4);
      for (let row = 0; row < h; row++) {
        for (let column = 0; column < w; column++) {
          const from = (row * w + column) * 4;
          const to = ((y + row) * width + x + column) * 4;
          png.data.set([rows[from] ?? 0, rows[from + 1] ?? 0, rows[from + 2] ?? 0, 255], to);
        }
      }
      seen += w * h;
    }
  }
  return PNG.sync.write(png);
}
