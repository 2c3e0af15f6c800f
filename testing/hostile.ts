/** What a hostile user does to a cloud: each goes on until it is ended, on connections of its own. */
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import type { Cloud } from "./cloud.ts";

const MIB = 2 ** 20;

/** A user's drive that attacks read and write, and its size. */
export type Prey = { readonly drive: string; readonly auth: string; readonly sizeBytes: number };

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
};

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

/** Keeps so many connections open that do `begin`, each as soon as it is there: one that is cut is made anew. */
function attack({ url }: Pick<Cloud, "url">, count: number, begin: (socket: Socket) => void): EndAttack {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  let isOver = false;
  const dial = () => {
    if (isOver) return;
    const socket = connect(Number(port), hostname);
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
