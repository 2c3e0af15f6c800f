import assert from "node:assert/strict";
import { test } from "node:test";
import { routePattern, routesOf } from "./route.ts";

test("what reads takes GET, HEAD and POST, and what changes POST alone", () => {
  assert.deepEqual(routesOf({ path: "drives/list", effect: "reads" }), [
    { path: ["drives", "list"], methods: ["GET", "HEAD", "POST"], isAdmins: false },
  ]);
  assert.deepEqual(routesOf({ path: "drives/DRIVE/write[/OFFSET]", effect: "changes" }), [
    { path: ["drives", "DRIVE", "write"], methods: ["POST"], isAdmins: false },
    { path: ["drives", "DRIVE", "write", "OFFSET"], methods: ["POST"], isAdmins: false },
  ]);
});

test("a parameter of a path is one of the router's, of the same name", () => {
  assert.equal(
    routePattern(["drives", "DRIVE", "read", "OFFSET", "SIZE"]),
    "/drives/:DRIVE/read/:OFFSET/:SIZE",
  );
});
