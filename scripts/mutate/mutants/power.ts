/** Planted bugs that a loss of power brings to light: as a drive is imaged, and as the master key is changed. */
import type { Mutant } from "../mutant.ts";

const POWER = "test/power-failure.test.ts";
const REKEY_POWER = "test/rekey-power.test.ts";

export const POWERS: readonly Mutant[] = [
  {
    name: "an image takes its place before it is on stable storage",
    file: "src/host/volumes/staging-volume.ts",
    find: '  await changeFile(path, "r+", async () => {});\n',
    replace: "  void changeFile;\n",
    tests: [POWER],
  },
  {
    name: "an image is not in its place for good when it is said to be",
    file: "src/host/volumes/staging-volume.ts",
    find: "  await syncFolder(folder);\n",
    replace: "  void syncFolder;\n",
    tests: [POWER],
  },
  {
    name: "a new master key is not on stable storage before something is wrapped with it",
    file: "src/base/atomic-file.ts",
    find: "      writeFileSync(descriptor, text);\n      fsyncSync(descriptor);",
    replace: "      writeFileSync(descriptor, text);",
    tests: [REKEY_POWER],
  },
  {
    name: "a new master key is not in its folder for good before something is wrapped with it",
    file: "src/base/atomic-file.ts",
    find: "  syncFolder(dirname(path));\n  return isOurs;",
    replace: "  return isOurs;",
    tests: [REKEY_POWER],
  },
  {
    name: "the old master key goes before what it wraps is wrapped anew for good",
    file: "src/drives/wrapped-secrets.ts",
    find: "{ erases: true }",
    replace: "{ erases: true, durable: false }",
    tests: [REKEY_POWER],
  },
  {
    name: "the old master key goes before drives' keys are wrapped with one that is kept elsewhere",
    file: "src/rekey.ts",
    find: "  if (elsewhere === null) writeNextMasterKey(home.dir, key);",
    replace:
      "  if (elsewhere === null) writeNextMasterKey(home.dir, key);\n  else dropMasterKeyFile(home.dir);",
    tests: [REKEY_POWER],
  },
];
