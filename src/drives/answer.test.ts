import assert from "node:assert/strict";
import { test } from "node:test";
import type { UserId } from "../base/ids.ts";
import { driveAnswer } from "./answer.ts";
import { addIo, NO_IO } from "./counters.ts";
import type { Drive } from "./drive.ts";

const [OWNER, READER] = ["owner", "reader"] as UserId[] as [UserId, UserId];

const DRIVE: Drive = {
  ...{ uuid: "d", user: OWNER, host: "local", generation: 1, sizeBytes: 1, cipher: "none" },
  ...{ wrappedSecret: null, claimType: "shared", attributes: { name: "n" }, io: NO_IO, standard: null },
  ...{ claimed: [], imaging: null, imagedOnto: [] },
};

const asked = (user: UserId, percentage: number | null = null) => ({ user, percentage });
const answered = (key: string, answer: ReturnType<typeof driveAnswer>) =>
  answer.find(([name]) => name === key)?.[1];

test("a drive is answered again as it was, for as long as its counts are the same", () => {
  const first = driveAnswer(DRIVE, NO_IO, asked(OWNER));
  assert.equal(driveAnswer(DRIVE, addIo(NO_IO, NO_IO), asked(READER)), first, "the very answer");
  const read = driveAnswer(DRIVE, addIo(NO_IO, { ...NO_IO, readBytes: 7 }), asked(OWNER));
  assert.deepEqual([answered("read:bytes", first), answered("read:bytes", read)], [0, 7]);
});

test("what an imaging has come to is told anew each time, and its drives to whom they are", () => {
  const imaged: Drive = { ...DRIVE, imaging: { source: "s", state: "running", error: null } };
  const done = [10, 20].map((each) => answered("imaging", driveAnswer(imaged, NO_IO, asked(OWNER, each))));
  assert.deepEqual(done, ["10%", "20%"]);
  const source: Drive = { ...DRIVE, imagedOnto: [{ drive: "t", user: OWNER }] };
  const claimed = [OWNER, READER].map((user) => answered("claimed", driveAnswer(source, NO_IO, asked(user))));
  assert.deepEqual(claimed, ["t", undefined]);
});
