/** A load of requests, as a process of its own: `load.ts URL AUTHORIZATION` prints the requests a second. */
import autocannon from "autocannon";

const [, , url = "", authorization = ""] = process.argv;
const result = await autocannon({ url, headers: { authorization }, connections: 32, duration: 2 });
const failed = result.non2xx + result.errors;
if (failed > 0) throw new Error(`${failed} requests failed`);
process.stdout.write(`${result.requests.average}\n`);
