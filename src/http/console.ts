/** The console below `/console/`: the pages of a browser, which ask the API as anybody does. */

import { shown } from "../api/shown.ts";
import { missing } from "../base/errors.ts";
import type { ConsoleSite, SiteFile } from "../console/site.ts";
import type { PaceLimits } from "./body/pace.ts";
import type { Exchange } from "./exchange.ts";
import { answerError } from "./respond.ts";
import { type Headers, send, sendLong } from "./send.ts";

/** Pages take scripts, fonts and pictures from here alone, and nobody frames them; the kit of parts sets styles of elements. */
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "object-src 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

const SECURITY: Headers = [
  ...["Content-Security-Policy", POLICY],
  ...["X-Content-Type-Options", "nosniff"],
  ...["Referrer-Policy", "no-referrer"],
  ...["Cross-Origin-Opener-Policy", "same-origin"],
];

const A_YEAR_S = 31_536_000;

const HTML = "text/html; charset=utf-8";

/** How often the page that says so looks whether the console is there, in seconds. */
const LOOK_S = 3;

const BEING_BUILT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Lodge</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 20vh auto; padding: 0 1rem }</style></head>
<body><main><h1>The console is being built</h1>
<p>This page shows it as soon as it is there, in a minute or two after the first start. The API answers already.</p>
<p>Should it not come: <code>npm run console</code> in Lodge's folder builds it, and says what hinders it.</p></main></body>
</html>
`;

/** Answers what is at the path below `/console/`. */
export async function answerConsole(
  site: ConsoleSite,
  path: string,
  exchange: Exchange,
  pace: PaceLimits,
): Promise<void> {
  const file = await site.find(path);
  if (file === "unbuilt") {
    const again = ["Retry-After", String(LOOK_S), "Refresh", String(LOOK_S), "Cache-Control", "no-store"];
    send(exchange, 503, HTML, BEING_BUILT, [...SECURITY, ...again]);
  } else if (file === null) {
    const url = shown(exchange.request.url ?? "");
    answerError(exchange, missing(`the console has no file ${url}`));
  } else {
    await sendFile(file, exchange, pace);
  }
}

function sendFile(file: SiteFile, exchange: Exchange, pace: PaceLimits): void | Promise<void> {
  const takesGzip = /\bgzip\b/.test(String(exchange.request.headers["accept-encoding"] ?? ""));
  const caching = file.isImmutable ? `public, max-age=${A_YEAR_S}, immutable` : "no-cache";
  const extra = [
    ...SECURITY,
    ...["Cache-Control", caching, "Vary", "Accept-Encoding"],
    ...(takesGzip ? ["Content-Encoding", "gzip"] : []),
  ];
  return sendLong(exchange, takesGzip ? file.gzipped : file.plain, { contentType: file.type, extra, pace });
}

/** Leads a browser from the API's address to the console. */
export function leadToConsole({ response, requestId }: Exchange): void {
  send({ response, requestId }, 302, HTML, "", ["Location", "/console/", "Vary", "Accept"]);
}

/** Whether whoever asks shows pages: programs name no such type. */
export const showsPages = ({ request }: Exchange) => /\btext\/html\b/i.test(request.headers.accept ?? "");
