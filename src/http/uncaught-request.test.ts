import assert from "node:assert/strict";
import { test } from "node:test";
import { moduleUrl, saidByModule } from "../../testing/module-run.ts";

test("a change whose rest throws where nobody catches it is answered 500, and the next one is served", {
  timeout: 30_000,
}, async () => {
  const said = await saidByModule(`
    import { AUTHORIZATION, QUIET, serveCommands } from ${moduleUrl("testing/http/server.ts")};
    import { catchUncaught } from ${moduleUrl("src/base/uncaught.ts")};
    const told = [];
    catchUncaught(({ error, name }) => told.push([error.message, name.command]));
    const run = ({ params }) => new Promise((resolve) => setTimeout(() => {
      if (params.THING === "faulty") throw new Error("a defect");
      resolve();
    }, 1));
    const server = await serveCommands([{ ...QUIET, path: "things/THING/set", run }]);
    const change = async (thing) => {
      const answer = await fetch(server.url + "things/" + thing + "/set", { method: "POST", headers: AUTHORIZATION });
      return [answer.status, answer.headers.get("X-Elastic-Error")];
    };
    said = [await change("faulty"), await change("sound"), told];
    await server.close();`);
  assert.deepEqual(said, [[500, "system"], [204, null], [["a defect", "things/THING/set"]]]);
});
