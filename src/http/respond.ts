/**
 * What goes back whole: the three kinds of data, nothing, or an error, each with its status and headers (spec: the three
 * kinds of data, the error table).
 */
import type { ServerResponse } from "node:http";
import type { DataCommand, Request } from "../api/command.ts";
import type { LodgeError } from "../base/errors.ts";
import { type Format, writeInSlices } from "./formats/format.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";
import { statusOf } from "./status.ts";

/** Header names and values in turn, the form that node:http writes without copying. */
type Headers = readonly string[];

/** An answer under way, and the id of the request that it is to. */
export type Reply = { readonly response: ServerResponse; readonly requestId: string };

/** Runs `command` and answers what it returns. Errors: what the command throws; nothing is sent then. */
export async function answer(
  reply: Reply,
  command: DataCommand,
  request: Request,
  format: Format,
): Promise<void> {
  switch (command.returns) {
    case "nothing":
      await command.run(request);
      reply.response.writeHead(204, [REQUEST_ID_HEADER, reply.requestId]).end();
      return;
    case "properties":
      sendData(reply, command.returns, format, format.write.properties(await command.run(request)));
      return;
    case "list":
    case "properties list":
      sendData(
        reply,
        command.returns,
        format,
        await writeInSlices(format.write[command.returns], await command.run(request)),
      );
      return;
  }
}

function sendData(reply: Reply, kind: string, { contentType }: Format, data: string): void {
  send(reply, 200, contentType, data, ["X-Elastic-Output", kind]);
}

/** Answers an error: type and code in headers, its sentence as text whatever the caller accepts. */
export function answerError(reply: Reply, error: LodgeError): void {
  const { response } = reply;
  // The caller may have hung up, and then there is no one to tell.
  if (response.headersSent || response.destroyed) return;
  const status = statusOf(error);
  const challenge = error.type === "auth" ? ["WWW-Authenticate", CHALLENGE] : [];
  // RFC 9110, 10.2.3: in seconds.
  const later = status === 503 || status === 429 ? ["Retry-After", "1"] : [];
  send(reply, status, "text/plain; charset=utf-8", `${error.message}\n`, [
    ...errorHeaders(error),
    ...challenge,
    ...later,
  ]);
}

const CHALLENGE = 'Basic realm="Lodge", charset="UTF-8"';

/** What programs tell errors apart by: the specification's type, and what is finer than that. */
export const errorHeaders = ({ type, code }: LodgeError): Headers => [
  "X-Elastic-Error",
  type,
  "X-Lodge-Error",
  code,
];

/** Sends a whole answer. node:http leaves the body out where the request is a HEAD. */
export function send(
  { response, requestId }: Reply,
  status: number,
  contentType: string,
  body: string | Uint8Array,
  extra: Headers = [],
): void {
  const length = String(Buffer.byteLength(body));
  response
    .writeHead(status, [
      "Content-Type",
      contentType,
      "Content-Length",
      length,
      REQUEST_ID_HEADER,
      requestId,
      ...extra,
    ])
    .end(body);
}
