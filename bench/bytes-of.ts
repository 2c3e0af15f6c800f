/** Asking for an answer of any length as cheaply as a client can. */
import { once } from "node:events";
import { type Agent, type IncomingMessage, request } from "node:http";

/** How many bytes the answer has, once all of it has come. Errors: any answer but 200. */
export async function bytesOf(
  url: string,
  agent: Agent,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const asked = request(url, { agent, headers });
  asked.end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`${url} answers ${answer.statusCode}`);
  let bytes = 0;
  for await (const chunk of answer) bytes += chunk.length;
  return bytes;
}
