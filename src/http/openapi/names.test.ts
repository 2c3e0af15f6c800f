import assert from "node:assert/strict";
import { test } from "node:test";
import { inputName, nounOf, operationId } from "./names.ts";

const rows: readonly [path: string, id: string][] = [
  ["drives/list", "drivesList"],
  ["drives/info", "drivesInfo"],
  ["drives/DRIVE/info", "driveInfo"],
  ["drives/DRIVE/info/full", "driveInfoFull"],
  ["drives/DRIVE/write/OFFSET", "driveWriteOffset"],
  ["drives/DRIVE/image/SOURCE/CONVERSION", "driveImageSourceConversion"],
  ["servers/create/stopped", "serversCreateStopped"],
  ["resources/list", "resourcesList"],
  ["resources/TYPE/list", "resourceTypeList"],
  ["profile/info", "profileInfo"],
  ["profile/keys/info", "profileKeysInfo"],
  ["profile/keys/KEY/info", "keyKeysInfo"],
  ["profile/events", "profileEvents"],
  ["events/FROM", "eventFrom"],
];
for (const [path, id] of rows) {
  test(`${path} is the operation ${id}`, () => assert.equal(operationId(path.split("/")), id));
}

test("a path's noun is its first word, and what creates takes one schema however it creates", () => {
  assert.equal(nounOf(["drives", "DRIVE", "set"]), "Drive");
  assert.equal(inputName(["drives", "DRIVE", "set"]), "DriveSet");
  assert.equal(inputName(["servers", "create"]), "ServerCreate");
  assert.equal(inputName(["servers", "create", "stopped"]), "ServerCreate");
  assert.equal(nounOf(["profile", "keys", "KEY", "set"]), "Key");
  assert.equal(inputName(["profile", "keys", "KEY", "set"]), "KeySet");
  assert.equal(inputName(["profile", "set"]), "OwnAccountSet");
  assert.equal(nounOf(["profile", "events"]), "Event");
});
