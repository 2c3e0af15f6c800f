/**
 * For tests: Ethernet frames byte for byte, sent and seen by packet(7) sockets in a namespace. Node has none of those;
 * Python has.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { ipv4Number } from "../../src/base/ipv4.ts";
import { confine, run } from "../../src/host/process/process.ts";

const PYTHON = "/usr/bin/python3";
const EVERYBODY = "ff:ff:ff:ff:ff:ff";

/** A frame (IEEE 802.3, clause 3), in hex. */
export function ethernet(from: string, to: string, type: number, payload: Buffer): string {
  const head = Buffer.alloc(14);
  for (const [at, mac] of [
    [0, to],
    [6, from],
  ] as const) {
    head.write(mac.replaceAll(":", ""), at, "hex");
  }
  head.writeUInt16BE(type, 12);
  return Buffer.concat([head, payload]).toString("hex");
}

/** An ARP packet to everybody (RFC 826): a request for `target`, or as the second operation the answer that nobody asked for. */
export function arp(
  from: string,
  sender: { readonly mac: string; readonly address: string },
  target: string,
  operation: 1 | 2 = 1,
): string {
  const packet = Buffer.alloc(28);
  packet.write("000108000604", 0, "hex");
  packet.writeUInt16BE(operation, 6);
  packet.write(sender.mac.replaceAll(":", ""), 8, "hex");
  packet.writeUInt32BE(ipv4Number(sender.address), 14);
  packet.writeUInt32BE(ipv4Number(target), 24);
  return ethernet(from, EVERYBODY, 0x0806, packet);
}

export type Ends = { readonly address: string; readonly port: number };

/** A UDP datagram in IPv4 (RFC 768, RFC 791); `mac` is where it goes on the link. */
export function udp(from: Ends & { readonly mac: string }, to: Ends, mac = EVERYBODY): string {
  const packet = Buffer.alloc(28 + 8);
  packet.write("4500", 0, "hex");
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt8(64, 8);
  packet.writeUInt8(17, 9);
  packet.writeUInt32BE(ipv4Number(from.address), 12);
  packet.writeUInt32BE(ipv4Number(to.address), 16);
  packet.writeUInt16BE(headerChecksum(packet.subarray(0, 20)), 10);
  packet.writeUInt16BE(from.port, 20);
  packet.writeUInt16BE(to.port, 22);
  // A checksum of 0 is none.
  packet.writeUInt16BE(packet.length - 20, 24);
  return ethernet(from.mac, mac, 0x0800, packet);
}

function headerChecksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Sends the frames, one after the other; from the tests' own machine where no namespace is named. */
export async function send(netns: string | null, device: string, frames: readonly string[]): Promise<void> {
  const program = `
import socket, sys
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((sys.argv[1], 0))
for line in sys.stdin: out.send(bytes.fromhex(line.strip()))`;
  await run(confine({ uid: null, netns }, [PYTHON, "-c", program, device]), `${frames.join("\n")}\n`);
}

export type Watch = {
  /** The frames that came in since the last call, up to and without `last`, which is waited for. */
  upTo(last: string): Promise<string[]>;
  close(): void;
};

/** Sees what comes in by the device, or with `both` what goes out as well. */
export async function watch(netns: string, device: string, both?: "both"): Promise<Watch> {
  const program = `
import socket, sys
seen = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
seen.bind((sys.argv[1], 3))
print("ready", flush=True)
while True:
  try: frame, (_, _, kind, _, _) = seen.recvfrom(65536)
  except OSError: break  # The device has gone.
  if kind != socket.PACKET_OUTGOING or ${both === undefined ? "False" : "True"}: print(frame.hex(), flush=True)`;
  const [command = "", ...words] = confine({ uid: null, netns }, [PYTHON, "-c", program, device]);
  const child: ChildProcess = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("it has no output");
  const lines: AsyncIterator<string> = (createInterface(child.stdout) as Interface)[Symbol.asyncIterator]();
  await lines.next();
  return {
    async upTo(last) {
      const frames: string[] = [];
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`${device} is watched no more`);
        if (value === last) return frames;
        frames.push(value);
      }
    },
    close: () => child.kill("SIGKILL"),
  };
}
