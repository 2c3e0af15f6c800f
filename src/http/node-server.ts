/** Node's server, in clear or over TLS, with what it bounds by itself. */
import { constants } from "node:crypto";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Certificate } from "../base/certificate.ts";
import { http } from "../base/node-http.ts";
import { secureContextOf, type TlsFiles } from "./tls-files.ts";

export const HEADER_BYTES = 16 * 1024;
/** Longer than load balancers keep a connection, so that it is they who close it. */
const KEEP_ALIVE_MS = 75_000;

/** A handshake costs much, and is to be had once a connection. */
const secureOptionsOf = (certificate: Certificate) => ({
  ...secureContextOf(certificate),
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
});

export type NodeServerOptions = {
  readonly headersMs: number;
  /** Whose certificate is in use; undefined: it speaks in clear. */
  readonly tls: TlsFiles | undefined;
  /** Whether a request is no more HTTP from there on; what asks for that in vain is answered as any other. */
  readonly isUpgrade: (request: IncomingMessage) => boolean;
};

/**
 * Not yet listening. It answers `Expect` in its own time: `100-continue` when the body is read, anything else not at all.
 *
 * @param tls whose certificate is in use, each new one from when it is found
 */
export function openNodeServer(
  handle: RequestListener,
  { headersMs, tls, isUpgrade }: NodeServerOptions,
): Server {
  const options = {
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: headersMs,
    shouldUpgradeCallback: isUpgrade,
    connectionsCheckingInterval: headersMs / 2,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Refused by ourselves, in the words of an error (ambiguity.ts).
    requireHostHeader: false,
    // A write may take as long as its bytes do; silence ends it (body.ts).
    requestTimeout: 0,
    // One without a body has ended as it comes: most requests, and the body's end costs more than reading its headers.
    optimizeEmptyRequests: true,
  };
  const server = tls === undefined ? http.createServer(options, handle) : openSecure(options, handle, tls);
  return server.on("checkContinue", handle).on("checkExpectation", handle);
}

function openSecure(options: object, handle: RequestListener, tls: TlsFiles): Server {
  const protocols = { ALPNProtocols: ["http/1.1"] };
  const server = createSecureServer({ ...options, ...protocols, ...secureOptionsOf(tls.current) }, handle);
  server.once("listening", () => {
    const stop = tls.watch((certificate) => server.setSecureContext(secureOptionsOf(certificate)));
    server.once("close", stop);
  });
  return server;
}
