import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkDelegate,
  checkHost,
  checkTarget,
  covers,
  isWsman,
  unknownValue,
  type Checked,
} from "../../providers/model/delegates";
import { reasonOf } from "../../providers/model/errors";

function code(checked: Checked): string {
  return "problem" in checked ? checked.problem.code : checked.value;
}

describe("a delegate's name", () => {
  const cases: readonly [unknown, string][] = [
    ["cm12.do.local", "cm12.do.local"],
    [" CM12.Do.Local. ", "cm12.do.local"],
    ["*.do.local", "*.do.local"],
    ["web01", "web01"],
    ["web_01", "web_01"],
    ["localhost", "localhost"],
    ["10.0.0.5", "10.0.0.5"],
    ["FE80::1", "fe80::1"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["*.bücher.example", "*.xn--bcher-kva.example"],
    [unknownValue, unknownValue],
    ["", "CREDSSP101"],
    ["a b", "CREDSSP101"],
    ["a,b", "CREDSSP101"],
    ["a;b", "CREDSSP101"],
    ["a\nb", "CREDSSP101"],
    ["a\0b", "CREDSSP101"],
    ["a'b", "CREDSSP101"],
    ["a‘b", "CREDSSP101"],
    ["a..b", "CREDSSP101"],
    ["-a", "CREDSSP101"],
    ["a".repeat(256), "CREDSSP101"],
    [7, "CREDSSP101"],
    [null, "CREDSSP101"],
    ["wsman/x", "CREDSSP102"],
    ["http://x:5985/wsman", "CREDSSP102"],
    ["x:5985", "CREDSSP102"],
    ["*.*.local", "CREDSSP103"],
    ["a.*.local", "CREDSSP103"],
    ["*a.do.local", "CREDSSP103"],
    ["*", "CREDSSP104"],
    ["*.local", "CREDSSP104"],
    ["*.com", "CREDSSP104"],
  ];
  for (const [given, expected] of cases) {
    it(`${JSON.stringify(given).slice(0, 40)} gives ${expected.slice(0, 40)}`, () => {
      assert.equal(code(checkDelegate(given, false)), expected);
    });
  }

  it("may be as broad as one likes when that is allowed", () => {
    assert.equal(code(checkDelegate("*", true)), "*");
    assert.equal(code(checkDelegate("*.local", true)), "*.local");
  });

  it("is no wildcard where a host is meant", () => {
    assert.equal(code(checkHost("*.do.local")), "CREDSSP101");
  });

  it("says what to write instead of a service principal name, a URL or a port", () => {
    for (const given of [
      "wsman/x.do.local",
      "https://x.do.local:5986/wsman",
      "x.do.local:5985",
    ]) {
      const checked = checkDelegate(given, false);
      assert.ok("problem" in checked);
      assert.equal(checked.problem.remedy, 'write "x.do.local"', given);
    }
  });
});

describe("a target", () => {
  const cases: readonly [unknown, string][] = [
    ["WSMAN/*.do.local", "WSMAN/*.do.local"],
    ["TERMSRV/Jump01", "TERMSRV/jump01"],
    [
      "Microsoft Virtual System Migration Service/*.do.local",
      "Microsoft Virtual System Migration Service/*.do.local",
    ],
    [unknownValue, unknownValue],
    ["cm12.do.local", "CREDSSP106"],
    ["/x", "CREDSSP106"],
    ["a'b/x", "CREDSSP106"],
    [`${"a".repeat(255)}/x`, `${"a".repeat(255)}/x`],
    [`${"a".repeat(256)}/x`, "CREDSSP106"],
    [3, "CREDSSP106"],
    ["WSMAN/*", "CREDSSP104"],
    ["*", "CREDSSP104"],
    ["WSMAN/a/b", "CREDSSP102"],
    ["WSMAN/x:5985", "CREDSSP102"],
  ];
  for (const [given, expected] of cases) {
    it(`${JSON.stringify(given).slice(0, 40)} gives ${expected.slice(0, 40)}`, () => {
      assert.equal(code(checkTarget(given, false)), expected);
    });
  }
});

describe("a name that is refused", () => {
  const refusals = (text: unknown): readonly string[] =>
    [
      checkHost(text),
      checkDelegate(text, true),
      checkTarget(text, true),
      checkTarget(`WSMAN/${String(text)}`, true),
    ].flatMap((checked) =>
      "problem" in checked ? [reasonOf(checked.problem)] : assert.fail(),
    );

  it("is shown, so that it is found among others", () => {
    for (const reason of refusals("a b")) assert.match(reason, /a b" is not/u);
  });

  it("is not shown where a user and a password, or a file, may be in its place", () => {
    for (const text of [
      "admin:P-ssw0rd@cm12",
      "admin:P-ssw0rd@cm12:5985",
      "https://admin:P-ssw0rd@cm12:5986/wsman",
      "wsman/admin:P-ssw0rd@cm12",
      "-----BEGIN KEY-----\nP-ssw0rd",
      { username: "admin", password: "P-ssw0rd" },
      ["P-ssw0rd"],
    ])
      for (const reason of [
        ...[checkHost(text), checkDelegate(text, true)],
        checkTarget(text, true),
        checkTarget(typeof text === "string" ? `WSMAN/${text}` : text, true),
      ].map((one) =>
        "problem" in one ? reasonOf(one.problem) : assert.fail(),
      )) {
        assert.doesNotMatch(reason, /ssw0rd|admin/u);
        assert.match(reason, /^a text of \d+ char|^an object|^a list of 1/u);
      }
  });

  it("is refused in few words, however long it is, and no beginning of it is to be written", () => {
    const long = "x".repeat(100_000);
    for (const text of [
      long,
      `wsman/${long}`,
      `${long}:5985`,
      `https://${long}/wsman`,
      `${long} ${long}`,
    ])
      for (const reason of refusals(text)) {
        assert.ok(reason.length < 1000, `${reason.length} characters`);
        assert.doesNotMatch(reason, /Try: .*xxx/u);
      }
  });
});

describe("every text that may be typed", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({
      unit: fc.constantFrom(
        ...Array.from("aA1.-*/:'\"`$(){}[];,& ‘’‚‛“”„<>\0\r\n%#@|\\"),
      ),
    }),
  );

  it("gives the same name again when its normal form is checked", () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (text, broad) => {
        const once = checkDelegate(text, broad);
        if ("value" in once) {
          assert.deepEqual(checkDelegate(once.value, broad), once);
        }
        const target = checkTarget(text, broad);
        if ("value" in target) {
          assert.deepEqual(checkTarget(target.value, broad), target);
        }
      }),
    );
  });

  it("is refused if it could leave a quoted text of PowerShell or of XML", () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (text, broad) => {
        for (const checked of [
          checkDelegate(text, broad),
          checkTarget(`WSMAN/${text}`, broad),
          checkTarget(`${text}/x`, broad),
        ]) {
          if ("value" in checked) {
            assert.match(checked.value, /^[\w .*:/-]*$/u);
          }
        }
      }),
    );
  });

  it("is answered with a message that keeps its lines", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const checked = checkDelegate(text, false);
        if ("problem" in checked) {
          assert.doesNotMatch(
            Object.values(checked.problem).join(""),
            /[\p{C}\u2028\u2029]/u,
          );
        }
      }),
    );
  });
});

describe("coverage", () => {
  it("agrees with a matcher that tries every place for the wildcard", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "B", ".", "/"),
      maxLength: 8,
    });
    const pattern = fc
      .tuple(text, fc.boolean(), text)
      .map(([head, star, tail]) => head + (star ? "*" : "") + tail);
    const brute = (entry: string, spn: string): boolean => {
      const [e, s] = [entry.toLowerCase(), spn.toLowerCase()];
      const star = e.indexOf("*");
      if (star < 0) return e === s;
      for (let from = 0; from <= s.length; from++) {
        for (let to = from; to <= s.length; to++) {
          if (e.replace("*", s.slice(from, to)) === s) return true;
        }
      }
      return false;
    };
    fc.assert(
      fc.property(pattern, text, (entry, spn) => {
        assert.equal(covers(entry, spn), brute(entry, spn));
      }),
    );
  });

  it("does not reach a short name by a wildcard over its domain", () => {
    assert.equal(covers("wsman/*.do.local", "wsman/cm12"), false);
    assert.equal(covers("WSMAN/*.DO.local", "wsman/cm12.do.local"), true);
  });
});

describe("the cmdlets' own entries", () => {
  it("are whatever begins with five letters, slash or not", () => {
    assert.ok(isWsman("WSMAN/x"));
    assert.ok(isWsman("wsmanager"));
    assert.ok(!isWsman("TERMSRV/x"));
  });
});
