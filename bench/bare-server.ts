/** The reference for requests: one route of Fastify that answers one text, which it read from standard input. */
import { text as read } from "node:stream/consumers";
import fastify from "fastify";

const text = await read(process.stdin);
const server = fastify();
server.get("/", (_request, reply) => reply.type("text/plain; charset=utf-8").send(text));
const url = await server.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`${url}/\n`);
