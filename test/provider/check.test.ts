import assert from "node:assert/strict";
import { credsspClient } from "../../providers/credsspClient";
import { delegationPolicy } from "../../providers/delegationPolicy";
import { checkInputs } from "../../providers/pulumi/check";
import type { Properties } from "../../providers/pulumi/definition";

const client = { host: "a.do.local", delegateComputers: ["b.do.local"] };

function refused(more: Properties) {
  const { failures } = checkInputs(credsspClient, { ...client, ...more });
  assert.notEqual(failures.length, 0);
  return failures;
}

describe("What check refuses", () => {
  it("is ten failures of a property and how many more there are", () => {
    const delegateComputers = Array.from({ length: 2000 }, (_, i) => `a b${i}`);
    const failures = refused({ delegateComputers });
    assert.equal(failures.length, 11);
    assert.match(failures[9]?.reason ?? "", /"a b9"/u);
    assert.match(
      failures[10]?.reason ?? "",
      /^delegateComputers: .*Found: 1,990 more of these\. .*\(CREDSSP109\)$/u,
    );
    assert.equal(
      refused({ delegateComputers: delegateComputers.slice(0, 10) }).length,
      10,
    );
    const options = Object.fromEntries(
      delegateComputers.slice(0, 500).map((name) => [name, "x"]),
    );
    const connection = { transport: "ssh", options };
    assert.equal(refused({ connection }).length, 11);
    assert.equal(refused(options).length, 11);
  });

  it("is said in few words, however long names and values are", () => {
    const long = "x y".repeat(30_000);
    const more = {
      host: long,
      delegateComputers: [long],
      adopt: long,
      policyTimeoutSeconds: { [long]: long },
      connection: long,
      owner: long.repeat(2),
      [long]: long,
    };
    const failures = refused(more);
    assert.equal(failures.length, Object.keys(more).length);
    for (const one of failures)
      assert.ok(JSON.stringify(one).length < 1000, one.reason.slice(0, 1000));
    const policy = { host: "a", policy: long, targets: [long] };
    for (const { reason } of checkInputs(delegationPolicy, policy).failures)
      assert.ok(reason.length < 1000, reason.slice(0, 1000));
  });

  it("names the property, but not to Pulumi, which would print its whole value, where that may be a secret or long", () => {
    const unseen: readonly Properties[] = [
      { host: "admin:P-ssw0rd@cm12" },
      { delegateComputers: ["b", "admin:P-ssw0rd@cm12"] },
      { delegateComputers: ["b b", "c".repeat(41)] },
      { delegateComputers: Array.from({ length: 11 }, () => "a b") },
      { connection: "winrm://admin:P-ssw0rd!" },
      { connection: { username: "admin", password: "P-ssw0rd" } },
      { adopt: { password: "P-ssw0rd" } },
      { adopt: "P-ssw0rd!" },
      { password: "P-ssw0rd" },
      { passwords: ["P-ssw0rd"] },
      { credentials: { admin: { password: "P-ssw0rd" } } },
      { host: '{"admin":{"password":"P-ssw0rd"}}' },
      { host: "svc:P-ssw0rd" },
      { owner: "a\nb" },
    ];
    for (const more of unseen)
      for (const { property, reason } of refused(more)) {
        assert.equal(property, "");
        assert.ok(reason.startsWith(`${Object.keys(more).join()}: `), reason);
        assert.doesNotMatch(reason, /ssw0rd/u);
      }
    const seen: readonly Properties[] = [
      { host: "http://a b" },
      { delegateComputers: ["*", "a,b"] },
      { connection: "winrm" },
      { connection: {} },
      { adopt: "yes" },
      { policyTimeoutSeconds: 0 },
    ];
    for (const more of seen)
      for (const { property } of refused(more))
        assert.equal(property, Object.keys(more).join());
  });

  it("is an owner of several lines, of none, or too long for a ledger", () => {
    const urn = "urn:pulumi:test::project::type::name";
    for (const owner of [
      `a\n    server role on/${urn}`,
      `a\u202eb/${urn}`,
      "a".repeat(4096),
      "",
      " ",
      7,
      null,
    ])
      assert.match(
        refused({ owner })[0]?.reason ?? "",
        /one line of 4095 characters.*CREDSSP109/u,
      );
    const owner = `Team Ä/${urn}`;
    const { inputs } = checkInputs(credsspClient, { ...client, owner });
    assert.equal(inputs["owner"], owner);
  });
});
