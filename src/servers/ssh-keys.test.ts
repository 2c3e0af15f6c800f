import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { ed25519, publicKey } from "../../testing/public-keys.ts";
import { readInput } from "../api/input.ts";
import { SERVER_KEYS } from "./keys.ts";
import { sshKeysIn } from "./ssh-keys.ts";

const LEAST = { name: "s", cpu: 1, mem: 32 };

const read = (value: string) =>
  readInput(SERVER_KEYS, new Map(Object.entries({ ...LEAST, "ssh:keys": value })), "create").get("ssh:keys");

const ED25519 = Buffer.alloc(32, 1);
const POINT = Buffer.alloc(65, 4);

/** An RSA key's fields, by Node's own key. */
function rsa(): string {
  const { n = "", e = "" } = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({
    format: "jwk",
  });
  const modulus = Buffer.concat([Buffer.alloc(1), Buffer.from(n, "base64url")]);
  return publicKey("ssh-rsa", ["ssh-rsa", Buffer.from(e, "base64url"), modulus], "ann@example");
}

const WELL: Readonly<Record<string, string>> = {
  "of Ed25519": ed25519(),
  "of RSA": rsa(),
  "of ECDSA": publicKey("ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256", "nistp256", POINT]),
  "on a token": publicKey("sk-ssh-ed25519@openssh.com", ["sk-ssh-ed25519@openssh.com", ED25519, "ssh:"]),
  "of ECDSA on a token": publicKey("sk-ecdsa-sha2-nistp256@openssh.com", [
    ...["sk-ecdsa-sha2-nistp256@openssh.com", "nistp256"],
    ...[POINT, "ssh:"],
  ]),
  "without a comment": ed25519(""),
  "with a comment of several words, quoted": ed25519(`it's "ann", of: #1 {x}`),
  "several, with blank lines between and one at the end": `${ed25519("a")}\\n\\n${ed25519("b")}\\n`,
  "fifty keys": Array.from({ length: 50 }, (_, index) => ed25519(`${index}`)).join("\\n"),
};

for (const [what, value] of Object.entries(WELL)) {
  test(`ssh:keys takes a key ${what}, and keeps it as it came`, () => {
    assert.equal(read(value), value);
  });
}

const [TYPE, BASE64 = ""] = ed25519().split(" ");

const ILL: readonly (readonly [what: string, value: string, says: RegExp])[] = [
  ["a word", "key", /not "key"$/],
  ["blank lines", "\\n \\n", /not blank lines$/],
  ["a key of DSA", publicKey("ssh-dss", ["ssh-dss", "p", "q", "g", "y"]), /not "ssh-dss AAAA/],
  ["a type alone", `${TYPE}`, /not a key of ssh-ed25519 that is cut off or damaged$/],
  ["a key that is cut off", `${TYPE} ${BASE64.slice(0, -8)}`, /cut off/],
  ["a key with more behind it", publicKey("ssh-ed25519", ["ssh-ed25519", ED25519, "x"]), /cut off/],
  ["an empty field", publicKey("ssh-rsa", ["ssh-rsa", "", "n"]), /cut off/],
  ["what is no base64", `${TYPE} ${BASE64.replace("A", "*")}`, /cut off/],
  ["base64 that is not as it is written", `${TYPE} ${BASE64}=`, /cut off/],
  [
    "a key of another type than it says",
    publicKey("ssh-rsa", ["ssh-ed25519", ED25519, "x"]),
    /not a key of "ssh-ed25519" that says/,
  ],
  ["a key of another length", publicKey("ssh-ed25519", ["ssh-ed25519", "short"]), /of another length$/],
  [
    "a key of another curve",
    publicKey("ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256", "nistp384", POINT]),
    /another curve$/,
  ],
  ["options", `command="id" ${ed25519()}`, /not a key behind options$/],
  ["a bad key behind a good one", `${ed25519()}\\n${TYPE} AAAA`, /damaged \(line 2\)$/],
  ["fifty-one keys", Array.from({ length: 51 }, () => ed25519()).join("\\n"), /not 51 keys$/],
  ["more characters than it takes", ed25519("c".repeat(16 * 1024)), /16384 characters, not "ssh-ed25519/],
];

for (const [what, value, says] of ILL) {
  test(`ssh:keys refuses ${what}`, () => {
    assert.throws(
      () => read(value),
      (error: Error & { key?: string }) => {
        assert.match(error.message, /^ssh:keys takes at most 50 public keys/);
        assert.match(error.message, says);
        assert.equal(error.key, "ssh:keys");
        return true;
      },
    );
  });
}

test("of a private key that was pasted nothing is repeated", () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const secret = pem.split("\n")[1] ?? "";
  assert.throws(
    () => read(pem.trim().replaceAll("\n", "\\n")),
    ({ message }: Error) => /not a private key: /.test(message) && !message.includes(secret.slice(0, 8)),
  );
});

test("keys are the lines of the value, without what surrounds them", () => {
  assert.deepEqual(sshKeysIn(` ${ed25519("a")} \\n\\n${ed25519("DOM\\\\nathan")}\\n`), [
    ed25519("a"),
    ed25519("DOM\\nathan"),
  ]);
});
