/** The reference for lists: it answers what JSON.stringify makes of the objects that it read from standard input, made anew each time. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

const objects = await json(process.stdin);
const server = createServer((_request, response) => {
  const body = Buffer.from(JSON.stringify(objects));
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.byteLength });
  response.end(body);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
