/**
 * What goes back: the three kinds of data, bytes, nothing, or an error, each with its status and headers (spec: the
 * three kinds of data, the error table). The only place that knows statuses.
 */
import type { ServerResponse } from "node:http";
import type { Command, Request } from "../api/command.ts";
import { giveBack } from "../base/buffer-release.ts";
import { ERROR_STATUS, type LodgeError } from "../base/errors.ts";
import type { Format } from "./formats/format.ts";

/** Header names and values in turn, the form that node:http writes without copying. */
type Headers = readonly string[];

/** Runs `command` and answers what it returns. Errors: what the command throws; nothing is sent then. */
export async function answer(
  response: ServerResponse,
  command: Command,
  request: Request,
  format: Format,
): Promise<void> {
  switch (command.returns) {
    case "nothing":
      await command.run(request);
      response.writeHead(204).end();
      return;
    case "bytes":
      sendBytes(response, await command.run(request));
      return;
    case "properties":
      sendData(response, command.returns, format, format.write.properties(await command.run(request)));
      return;
    case "list":
    case "properties list":
      sendData(response, command.returns, format, format.write[command.returns](await command.run(request)));
      return;
  }
}

function sendData(response: ServerResponse, kind: string, { contentType }: Format, data: string): void {
  send(response, 200, contentType, data, ["X-Elastic-Output", kind]);
}

/** The bytes belong to the answer: their memory goes with it. */
function sendBytes(response: ServerResponse, bytes: Uint8Array): void {
  response.once("finish", () => giveBack(bytes));
  send(response, 200, "application/octet-stream", bytes);
}

/** Answers an error: its type in `X-Elastic-Error`, its sentence as text whatever the caller accepts. */
export function refuse(response: ServerResponse, error: LodgeError, extra: Headers = []): void {
  // The caller may have hung up, and then there is no one to tell.
  if (response.headersSent || response.destroyed) return;
  const challenge = error.type === "auth" ? ["WWW-Authenticate", CHALLENGE] : [];
  send(response, ERROR_STATUS[error.type], "text/plain; charset=utf-8", `${error.message}\n`, [
    "X-Elastic-Error",
    error.type,
    ...challenge,
    ...extra,
  ]);
}

const CHALLENGE = 'Basic realm="Lodge", charset="UTF-8"';

/** Sends a whole answer. node:http leaves the body out where the request is a HEAD. */
export function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string | Uint8Array,
  extra: Headers = [],
): void {
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, ["Content-Type", contentType, "Content-Length", length, ...extra]).end(body);
}
