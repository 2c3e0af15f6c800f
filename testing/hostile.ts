/** What hostile users do to a cloud: each goes on until it is ended, on connections of its own. */
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import type { Cloud } from "./cloud.ts";
import { makeUser } from "./user.ts";

const MIB = 2 ** 20;
const PREY_BYTES = 256 * MIB;

/** A user's drive that attacks read and write, and its size. */
export type Prey = {
  readonly drive: string;
  readonly auth: string;
  readonly sizeBytes: number;
  /** Further users, who may read it. */
  readonly others: readonly string[];
};

const OTHERS = 8;
/** Each about as large as an object may be. */
const LARGE_OBJECTS = 40;

/** Makes what attacks need: the drive with bytes to be read, other users, and objects whose lists are long. */
export async function makePrey(cloud: Cloud): Promise<Prey> {
  const others: string[] = [];
  for (let made = 0; made < OTHERS; made++) others.push((await makeUser(cloud, `hostile ${made}`)).auth);
  const readers = others.map((auth) => auth.slice(0, auth.indexOf(":"))).join(" ");
  const plain = { "encryption:cipher": "none" };
  const drive = await cloud.make("drives/create", { name: "prey", size: PREY_BYTES, readers, ...plain });
  const uuid = drive.get("drive") ?? "";
  const body = Buffer.alloc(4 * MIB, "bytes to be read ");
  const { status, text } = await cloud.ask(`drives/${uuid}/write/0`, { body });
  if (status !== 204) throw new Error(`the drive takes no bytes: ${text}`);
  const words = Array.from({ length: 15 }, (_, index) => [`user:word${index}`, "x".repeat(4000)]);
  for (let made = 0; made < LARGE_OBJECTS; made++) {
    await cloud.make("drives/create", { name: "large", size: 4096, ...plain, ...Object.fromEntries(words) });
  }
  return { drive: uuid, auth: cloud.auth, sizeBytes: PREY_BYTES, others };
}

/** Ends an attack. */
export type EndAttack = () => void;

type Attack = (cloud: Pick<Cloud, "url">, prey: Prey) => EndAttack;

/** Attacks by what they do. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  "pipelined reads that nobody takes": (cloud, { drive, auth }) =>
    attack(cloud, 16, (socket) => {
      socket.pause().write(head("GET", `drives/${drive}/read/0/4M`, auth).repeat(500));
    }),
  "reads that are taken slowly": (cloud, { drive, auth }) =>
    attack(cloud, 150, (socket) => {
      socket.pause().write(head("GET", `drives/${drive}/read/0/4M`, auth));
      const timer = setInterval(() => socket.read(1024), 1000);
      socket.once("close", () => clearInterval(timer));
    }),
  "writes that are given slowly": (cloud, { drive, auth }) =>
    attack(cloud, 150, (socket) => {
      socket.write(head("POST", `drives/${drive}/write/0`, auth, { "Content-Length": 4 * MIB }));
      const timer = setInterval(() => socket.write("."), 1000);
      socket.once("close", () => clearInterval(timer));
    }),
  "properties that do not come to an end": (cloud, { auth }) =>
    attack(cloud, 400, (socket) => {
      socket.write(head("POST", "drives/create", auth, { "Content-Length": MIB }) + " ".repeat(MIB - 1));
    }),
  "gzipped zeroes without end": (cloud, { drive, auth, sizeBytes }) => {
    const zeroes = gzipSync(Buffer.alloc(64 * MIB));
    const body = Buffer.concat(Array<Buffer>(Math.floor(sizeBytes / (64 * MIB))).fill(zeroes));
    return attack(cloud, 16, (socket) => {
      socket.write(gzipHead(drive, auth, body.length));
      socket.write(body);
    });
  },
  "gzipped members that hold nothing": (cloud, { drive, auth, sizeBytes }) => {
    const empty = Buffer.concat(Array<Buffer>(50_000).fill(gzipSync("")));
    return attack(cloud, 16, (socket) => {
      socket.write(gzipHead(drive, auth, 2 * sizeBytes));
      // A write that failed is followed by none: it would fail at once, and so on without end.
      const send = (error?: Error | null) => {
        if (!error && !socket.destroyed) socket.write(empty, send);
      };
      send();
    });
  },
  "connections without a word": (cloud) => attack(cloud, 1500, () => {}),
  "blanks with a letter behind them": (cloud, { auth }) =>
    attack(cloud, 16, (socket) => {
      const body = `${" ".repeat(MIB - 1)}x`;
      again(socket, head("POST", "servers/list", auth, { "Content-Length": body.length }) + body);
    }),
  "bodies of many short keys": (cloud, { auth }) =>
    attack(cloud, 16, (socket) => {
      const body = Array.from({ length: 60_000 }, (_, index) => `user:${index} 1\n`).join("");
      again(socket, head("POST", "drives/create", auth, { "Content-Length": body.length }) + body);
    }),
  "infos of many large objects": (cloud, { auth }) =>
    attack(cloud, 16, (socket) => {
      const ask = () => socket.write(head("GET", "drives/info", auth));
      ask();
      const timer = setInterval(ask, 200);
      socket.once("close", () => clearInterval(timer));
    }),
  "logins that fail": (cloud, { auth }) =>
    attack(cloud, 64, (socket) => again(socket, head("GET", "drives/list", `${auth}wrong`))),
  "requests without credentials": (cloud) =>
    attack(cloud, 64, (socket) => again(socket, "GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n")),
  "requests without end by many accounts, each at an address of its own": (cloud, { others }) =>
    attackByMany(cloud, others, 8, (socket, auth) =>
      again(socket, head("GET", "drives/list", auth).repeat(8)),
    ),
  "reads that many accounts do not take, each at an address of its own": (cloud, { drive, others }) =>
    attackByMany(cloud, others, 16, (socket, auth) => {
      socket.pause().write(head("GET", `drives/${drive}/read/0/4M`, auth).repeat(100));
    }),
};

/** Sends the bytes, and once more whenever something is answered. */
function again(socket: Socket, bytes: string): void {
  const send = () => socket.destroyed || socket.write(bytes);
  socket.on("data", send);
  send();
}

/** The same attack by each of the users, with so many connections each, from an address of their own. */
function attackByMany(
  cloud: Pick<Cloud, "url">,
  users: readonly string[],
  count: number,
  begin: (socket: Socket, auth: string) => void,
): EndAttack {
  const ends = users.map((auth, index) =>
    attack(cloud, count, (socket) => begin(socket, auth), `127.0.1.${index + 1}`),
  );
  return () => {
    for (const end of ends) end();
  };
}

const gzipHead = (drive: string, auth: string, length: number) =>
  head("POST", `drives/${drive}/write/0`, auth, { "Content-Length": length, "Content-Encoding": "gzip" });

function head(
  method: string,
  path: string,
  auth: string,
  headers: Readonly<Record<string, string | number>> = {},
): string {
  const authorization = `Basic ${Buffer.from(auth).toString("base64")}`;
  const lines = Object.entries({ Host: "x", Authorization: authorization, ...headers });
  return `${method} /${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/**
 * Keeps so many connections open that do `begin`, each as soon as it is there: one that is cut is made anew.
 *
 * @param localAddress whose they are
 */
function attack(
  { url }: Pick<Cloud, "url">,
  count: number,
  begin: (socket: Socket) => void,
  localAddress = "127.0.0.1",
): EndAttack {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  let isOver = false;
  const dial = () => {
    if (isOver) return;
    const socket = connect({ host: hostname, port: Number(port), localAddress });
    open.add(socket);
    socket.on("error", () => {}).once("connect", () => begin(socket));
    // What is answered is of no interest; where `begin` pauses, it is not taken.
    socket.resume();
    socket.once("close", () => {
      open.delete(socket);
      setTimeout(dial, 100);
    });
  };
  for (let index = 0; index < count; index++) dial();
  return () => {
    isOver = true;
    for (const socket of open) socket.destroy();
  };
}
