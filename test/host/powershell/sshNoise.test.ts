import assert from "node:assert/strict";
import { sshNoise } from "../../../providers/host/powershell/sshNoise";

const heard = (
  lines: readonly string[],
  host = "app1",
  others: readonly string[] = ["app10", "app2.do.local"],
  options?: unknown,
): string => sshNoise(lines.join(" / "), { host, others, options });
const unsure = "(of this host or another one) ";

/** What OpenSSH prints of a key that others may read (`sshkey_perm_ok` in its authfile.c), and what comes of it. */
const unprotected = [
  "@".repeat(59),
  "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @",
  "@".repeat(59),
  "Permissions 0644 for '/home/app10/.ssh/id_ed25519' are too open.",
  "It is required that your private key files are NOT accessible by others.",
  "This private key will be ignored.",
  'Load key "/home/app10/.ssh/id_ed25519": bad permissions',
  "alice@app1: Permission denied (publickey).",
];

describe("What ssh prints", () => {
  for (const line of [
    "subsystem request failed on channel 0",
    "Host key verification failed.",
    "command-line: line 0: Bad configuration option: nosuch",
    "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @",
    "Connection closed by 10.0.0.5 port 22",
    "ssh: connect to host bastion port 22: Connection refused",
  ])
    it(`is shown though it names no host that is asked for: ${line}`, () => {
      const said = line.replace(/\.$/u, "");
      assert.equal(heard([line], "app1", []), said);
      assert.equal(heard([line]), unsure + said);
    });

  it("is this host's where it names it, in any case and as a whole word", () => {
    for (const line of [
      "ssh: connect to host app1 port 22: Connection refused",
      "alice@APP1: Permission denied (publickey).",
      "ssh: Could not resolve hostname app1: Name or service not known",
      "Warning: Permanently added '[app1]:2222' (ED25519) to the list.",
      "Timeout, server app1 not responding.",
      "No ED25519 host key is known for app1.",
      "app1:22 is busy",
    ])
      assert.equal(heard([line]), line.replace(/\.$/u, ""));
  });

  it("is another host's where it names that, and its name alone is not this one's", () => {
    for (const line of [
      "ssh: connect to host app10 port 22: Connection refused",
      "app2.do.local: Permission denied (publickey).",
      "app1@app10: Permission denied (publickey).",
    ])
      assert.equal(heard([line]), "");
    const line = "ssh: connect to host app2.do.local port 22: no";
    assert.equal(heard([line], "app2", ["app2.do.local"]), "");
    assert.equal(heard([line], "do.local", ["app2.do.local"]), "");
    const six = "ssh: connect to host fe80::1:2 port 22: no";
    assert.equal(heard([six], "fe80::1", ["fe80::1:2"]), "");
    assert.equal(heard([six], "fe80::1:2", ["fe80::1"]), six);
  });

  it("is this host's own where another one is on its way", () => {
    const line = "ssh: connect to host app10 port 22: Connection refused";
    for (const options of [
      { ProxyJump: "admin@app10:2222" },
      { HostName: "APP10" },
    ])
      assert.equal(
        heard([line], "app1", ["app10"], options),
        `(of this host or another one) ${line}`,
      );
  });

  it("is shown once, without frames, this host's first, and a path names no host", () => {
    assert.equal(
      heard([...unprotected, "subsystem request failed on channel 0"]),
      [
        "alice@app1: Permission denied (publickey).",
        unsure + (unprotected[1] ?? ""),
        ...unprotected.slice(3, 7),
        "subsystem request failed on channel 0",
      ].join(" / "),
    );
    assert.equal(
      heard([...unprotected, ...unprotected], "app1", []),
      [...unprotected.slice(1, 2), ...unprotected.slice(3)]
        .join(" / ")
        .slice(0, -1),
    );
  });

  it("is bounded: the last of it is kept, in whole lines, and this host's own is not pushed out", () => {
    const many = Array.from(
      { length: 50 },
      (_, i) => `Connection ${i} closed by 10.0.0.5 port 22`,
    );
    const alone = heard(many, "app1", []);
    assert.ok(alone.length <= 910, String(alone.length));
    assert.match(alone, /^… \/ Connection \d+ closed .*Connection 49 /u);
    const mixed = heard([
      "alice@app1: Permission denied (publickey).",
      ...many,
    ]);
    assert.ok(mixed.length <= 950, String(mixed.length));
    assert.match(mixed, /^alice@app1: .*\) … \/ Connection .*Connection 49 /u);
    assert.match(heard(["x".repeat(5000)], "app1", []), /^… \/ x+$/u);
  });

  it("is searched for a name and nothing else, whatever the name is made of", () => {
    for (const name of [
      "a.*",
      "(",
      "[a-z]",
      "\\",
      "a+b",
      "$(x)",
      "-",
      "\uD83D",
    ])
      assert.equal(
        heard(["app1 said no"], name, [name]),
        `${unsure}app1 said no`,
      );
  });
});
