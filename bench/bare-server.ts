/** The reference for requests: one route of Fastify that answers one text. */
import fastify from "fastify";

const text = process.env.BARE_ANSWER ?? "";
const server = fastify();
server.get("/", (_request, reply) => reply.type("text/plain; charset=utf-8").send(text));
const url = await server.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`${url}/\n`);
