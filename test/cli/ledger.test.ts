import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { findOwner } from "../../providers/cli/ledgerOwner";
import {
  allow,
  imageOf,
  ruleFlag,
  switchFlag,
} from "../../providers/host/simulated/hands";
import { factsOf } from "../../providers/host/simulated/observe";
import type { HostState } from "../../providers/host/simulated/state";
import { checkConnection } from "../../providers/connection";
import { credsspServer } from "../../providers/credsspServer";
import type { Address } from "../../providers/host/host";
import { problem } from "../../providers/model/errors";
import {
  abandonedWarning,
  commandOptions,
  Unanswered,
} from "../../providers/pulumi/unreachable";
import {
  ledgerOptions,
  releaseOptions,
  understandLedger,
} from "../../providers/cli/ledgerArguments";
import { command, ownerOf, withFleet, type LedgerFleet } from "./ledgerStack";

const orch = "orch01.do.local";
const cm12 = "cm12.do.local";
const client = { host: orch, delegateComputers: ["*.do.local", "old"] };
const policy = {
  host: orch,
  policy: "AllowFreshCredentials",
  targets: ["WSMAN/*.do.local"],
};

/** A host in the JSON of either command, as far as the tests look into it. */
interface ForPrograms {
  readonly host: string;
  readonly error?: { readonly code: string };
}

const faulty =
  (fault: HostState["faults"]) =>
  (state: HostState): HostState => ({
    ...state,
    faults: { ...state.faults, ...fault },
  });
const entriesOn = async (fleet: LedgerFleet): Promise<readonly string[]> =>
  factsOf(await fleet.state(orch)).live.AllowFreshCredentials.values.map(
    ({ data }) => data,
  );

describe("pulumi-credssp ledger list", () => {
  it("shows owner by owner what each owns, and what was there before", () =>
    withFleet([orch], async (fleet) => {
      await fleet.edit(orch, (state) => switchFlag(state, "service", true));
      await fleet.up("client", "orch", client);
      await fleet.up("server", "self", { host: orch });
      await fleet.up("policy", "fresh", policy);
      const expected = {
        code: 0,
        out: `orch01.do.local: ledger ledger-1
  ${ownerOf("client", "orch")}
    client role            on                off before
    AllowFreshCredentials  enabled           not configured before
    AllowFreshCredentials  with OS defaults  not configured before
    AllowFreshCredentials  wsman/*.do.local  not there before
    AllowFreshCredentials  wsman/old         not there before
  ${ownerOf("server", "self")}
    server role  on  on before
  ${ownerOf("policy", "fresh")}
    AllowFreshCredentials  enabled           not configured before
    AllowFreshCredentials  with OS defaults  not configured before
    AllowFreshCredentials  wsman/*.do.local  not there before
`,
        err: "",
      };
      assert.deepEqual(await fleet.ledger("list", orch), expected);
      assert.deepEqual(await fleet.ledger("list", orch, orch), expected);
    }));

  it("says that a host has no ledger", () =>
    withFleet([orch], async (fleet) => {
      assert.deepEqual(await fleet.ledger("list", "ORCH01.do.local"), {
        code: 0,
        out: "orch01.do.local: no ledger, so nothing here is ours\n",
        err: "",
      });
    }));

  it("shows what exclusive took away, and for whom it comes back", () =>
    withFleet([orch], async (fleet) => {
      await fleet.edit(orch, (state) =>
        allow(state, "AllowFreshCredentials", ["TERMSRV/jump01.do.local"]),
      );
      await fleet.up("policy", "fresh", { ...policy, exclusive: true });
      const { out } = await fleet.ledger("list", orch);
      assert.match(
        out,
        / AllowFreshCredentials +TERMSRV\/jump01\.do\.local taken away +there before\n/,
      );
    }));

  it("shows a debt apart from what somebody owns", () =>
    withFleet([orch], async (fleet) => {
      const made = await fleet.up("server", "self", { host: orch });
      await fleet.edit(orch, (state) => ruleFlag(state, "service", 1));
      await made.destroy();
      const { out } = await fleet.ledger("list", orch);
      assert.match(out, /\n {2}nobody any more: a debt.*\n {4}server role /);
      assert.doesNotMatch(out, /contoso/);
    }));

  it("says that a ledger is another machine's on an imaged host", () =>
    withFleet([orch], async (fleet) => {
      await fleet.up("server", "self", { host: orch });
      await fleet.edit(orch, (state) => imageOf(state, "other-guid"));
      const { code, out } = await fleet.ledger("list", orch);
      assert.equal(code, 0);
      assert.match(
        out,
        /^orch01\.do\.local: ledger ledger-1 of another machine \(MachineGuid .*, here other-guid\): nothing in it counts here\n/,
      );
    }));

  const unreadable: readonly (readonly [string, string, RegExp])[] = [
    ["newer", '{"schema":2}', /newer version\nFound: schema 2\..*CREDSSP307/s],
    ["damaged", '{"schema":1', /cannot be read\n.*CREDSSP308/s],
  ];
  for (const [what, text, message] of unreadable)
    it(`says that a ledger is ${what} (exit code 1), and shows the other hosts`, () =>
      withFleet([orch, cm12], async (fleet) => {
        await fleet.edit(orch, (state) => ({ ...state, ledger: text }));
        const { code, out, err } = await fleet.ledger("list", orch, cm12);
        assert.equal(code, 1);
        assert.match(out, /^cm12\.do\.local: no ledger/);
        assert.match(err, /^Looking at the ledger on orch01\.do\.local: /);
        assert.match(err, message);
        const json = await fleet.ledger("list", orch, "--json");
        const [host] = JSON.parse(json.out) as [{ ledger: unknown }];
        assert.deepEqual(host.ledger, { state: what });
      }));

  it("goes on after hosts that cannot be looked at, and names them", () =>
    withFleet([orch, cm12, "old"], async (fleet) => {
      await fleet.edit(orch, faulty({ unreachable: true }));
      await fleet.edit("old", faulty({ wow64: true }));
      const { code, out, err } = await fleet.ledger("list", orch, "old", cm12);
      assert.equal(code, 1);
      assert.equal(out, "cm12.do.local: no ledger, so nothing here is ours\n");
      assert.match(err, /orch01\.do\.local: .*CREDSSP206.*old: .*CREDSSP209/s);
    }));

  it("gives programs every host, record and error", () =>
    withFleet([orch, cm12], async (fleet) => {
      const { owner } = await fleet.up("server", "self", { host: orch });
      const { machineGuid } = (await fleet.state(orch)).computer;
      const { code, out } = await fleet.ledger(
        "list",
        orch,
        cm12,
        "nobody",
        "--json",
      );
      assert.equal(code, 1);
      const [first, second, third] = JSON.parse(out) as ForPrograms[];
      assert.deepEqual(first, {
        host: orch,
        ledger: { state: "here", id: "ledger-1", machineGuid },
        owners: [owner],
        records: [
          { kind: "role", role: "service", before: "off", owners: [owner] },
        ],
      });
      assert.deepEqual(second, { host: cm12, ledger: { state: "none" } });
      assert.equal(third?.host, "nobody");
      assert.equal(third.error?.code, "CREDSSP201");
    }));
});

describe("pulumi-credssp ledger release", () => {
  it("leaves a host as a destroy does, and says what went", () =>
    withFleet([orch], async (fleet) => {
      const resources = [
        ["client", "orch", client],
        ["server", "self", { host: orch }],
        ["policy", "saved", { ...policy, policy: "AllowSavedCredentials" }],
      ] as const;
      for (const [kind, name, args] of resources) {
        const before = await fleet.state(orch);
        const made = await fleet.up(kind, name, args);
        await made.destroy();
        const destroyed = await fleet.state(orch);
        await fleet.edit(orch, () => before);
        const { owner } = await fleet.up(kind, name, args);
        const { code, out, err } = await fleet.ledger("release", owner, orch);
        assert.deepEqual([code, err], [0, ""]);
        assert.ok(out.startsWith(`${orch}: released ${owner}\n    went `), out);
        assert.doesNotMatch(out, /stays/);
        assert.deepEqual(await fleet.state(orch), destroyed);
      }
    }));

  it("says on a second time that there is nothing, and changes nothing (CREDSSP218)", () =>
    withFleet([orch], async (fleet) => {
      const { owner } = await fleet.up("client", "orch", client);
      await fleet.ledger("release", owner, orch);
      const file = await fleet.file(orch);
      const again = await fleet.ledger("release", owner, orch);
      assert.deepEqual([again.code, again.out], [1, ""]);
      assert.equal(
        again.err,
        `Releasing ${owner} on ${orch}: ${owner} does not name one owner\n` +
          "Found: no owner at all: nothing is recorded. Needed: an owner as the ledger has it, its URN, or a part that only one of them has.\n" +
          "Try: copy it from `pulumi-credssp ledger list`. (CREDSSP218)\n",
      );
      assert.equal(await fleet.file(orch), file);
    }));

  it("lets a refresh find the resource gone", () =>
    withFleet([orch], async (fleet) => {
      const made = await fleet.up("client", "orch", client);
      assert.notEqual(await made.read(), null);
      await fleet.ledger("release", made.owner, orch);
      assert.equal(await made.read(), null);
    }));

  it("leaves what another owner has, too; a refresh finds the one drifted and the other as it was", () =>
    withFleet([orch], async (fleet) => {
      const one = await fleet.up("client", "orch", client);
      const other = await fleet.up("policy", "fresh", policy);
      const before = await other.read();
      const { code, out } = await fleet.ledger("release", one.owner, orch);
      assert.equal(code, 0);
      assert.equal(
        out,
        `${orch}: released ${one.owner}
    went   client role            on                now off
    stays  AllowFreshCredentials  enabled           ${other.owner} owns it, too
    stays  AllowFreshCredentials  with OS defaults  ${other.owner} owns it, too
    stays  AllowFreshCredentials  wsman/*.do.local  ${other.owner} owns it, too
    went   AllowFreshCredentials  wsman/old         no longer there
`,
      );
      assert.deepEqual(await entriesOn(fleet), ["wsman/*.do.local"]);
      assert.deepEqual(await other.read(), before);
      const drifted = await one.read();
      assert.equal(drifted?.["drifted"], true);
      assert.equal(drifted["enabled"], false);

      await fleet.ledger("release", other.owner, orch);
      assert.deepEqual(await entriesOn(fleet), []);
      assert.equal(await other.read(), null);
    }));

  it("says why something stays", () =>
    withFleet([orch], async (fleet) => {
      await fleet.edit(orch, (state) =>
        switchFlag(
          allow(state, "AllowFreshCredentials", ["wsman/old"]),
          "client",
          true,
        ),
      );
      const { owner } = await fleet.up("client", "orch", client);
      assert.equal(
        (await fleet.ledger("release", owner, orch)).out,
        `${orch}: released ${owner}
    stays  client role            on                it was on before us
    stays  AllowFreshCredentials  enabled           it was so before us
    went   AllowFreshCredentials  wsman/*.do.local  no longer there
    stays  AllowFreshCredentials  wsman/old         it was there before us
`,
      );
    }));

  it("says it of a role that policy has taken over, and of one that others have come to use", () =>
    withFleet([orch], async (fleet) => {
      const server = await fleet.up("server", "self", { host: orch });
      await fleet.edit(orch, (state) => ruleFlag(state, "service", 1));
      const debt = await fleet.ledger("release", server.owner, orch);
      assert.match(
        debt.out,
        /stays {2}server role {2}on {2}Group Policy sets it; once that is lifted, a later run switches it off\n {2}The service role is under policy now;/,
      );
      await fleet.edit(orch, (state) => ruleFlag(state, "service", null));
      const one = await fleet.up("client", "orch", client);
      await fleet.edit(orch, (state) =>
        allow(state, "AllowFreshCredentials", ["wsman/theirs"]),
      );
      const { out } = await fleet.ledger("release", one.owner, orch);
      assert.match(
        out,
        /stays +client role +on +somebody else has come to use/,
      );
      assert.match(out, /went +AllowFreshCredentials +wsman\/old/);
      assert.deepEqual(await entriesOn(fleet), ["wsman/theirs"]);
    }));

  it("settles a debt on the way, and says so", () =>
    withFleet([orch], async (fleet) => {
      const server = await fleet.up("server", "self", { host: orch });
      await fleet.up("policy", "fresh", policy);
      await fleet.edit(orch, (state) => ruleFlag(state, "service", 1));
      await server.destroy();
      await fleet.edit(orch, (state) => ruleFlag(state, "service", null));
      const { out } = await fleet.ledger("release", "::fresh", orch);
      assert.match(out, /went +server role +on +now off\n/);
      assert.equal((await fleet.state(orch)).ledger, null);
    }));

  for (const [given, back] of [
    [[], ["TERMSRV/jump01.do.local"]],
    [["--allow-broad-delegation"], ["*", "TERMSRV/jump01.do.local"]],
  ] as const)
    it(`puts back what exclusive took away, ${given.length > 0 ? "broad entries too when it may" : "but no broad entries"}`, () =>
      withFleet([orch], async (fleet) => {
        await fleet.edit(orch, (state) =>
          allow(state, "AllowFreshCredentials", [
            "TERMSRV/jump01.do.local",
            "*",
          ]),
        );
        await fleet.up("policy", "fresh", { ...policy, exclusive: true });
        assert.deepEqual(await entriesOn(fleet), ["WSMAN/*.do.local"]);
        const { code, out } = await fleet.ledger(
          "release",
          "fresh",
          orch,
          ...given,
        );
        assert.equal(code, 0);
        assert.deepEqual((await entriesOn(fleet)).toSorted(), back);
        assert.match(out, /back +AllowFreshCredentials +TERMSRV\/jump01/);
        assert.match(
          out,
          given.length > 0
            ? /back +AllowFreshCredentials +\* +in the list again\n$/
            : /away +AllowFreshCredentials +\* +not in the list again\n {2}\* stood in .*too broad/,
        );
      }));

  it("takes the owner as list prints it, by its URN, or by a part that only one has", () =>
    withFleet([orch], async (fleet) => {
      const { owner } = await fleet.up("server", "self", { host: orch });
      await fleet.up("policy", "fresh", policy);
      for (const given of [owner, owner.slice("contoso/".length), "Server::"]) {
        const { code, out } = await fleet.ledger("release", given, orch);
        assert.equal(code, 0);
        assert.match(out, /went +server role/);
        await fleet.up("server", "self", { host: orch });
      }
    }));

  it("refuses a part that several have, and names them (exit code 1)", () =>
    withFleet([orch], async (fleet) => {
      const one = await fleet.up("server", "self", { host: orch });
      const other = await fleet.up("policy", "fresh", policy);
      const file = await fleet.file(orch);
      const { code, out, err } = await fleet.ledger("release", "site", orch);
      assert.deepEqual([code, out], [1, ""]);
      assert.ok(
        err.includes(`Found: 2 owners with it: ${one.owner}, ${other.owner}.`),
        err,
      );
      assert.equal(await fleet.file(orch), file);
    }));

  it("names near owners where there is none such", () =>
    withFleet([orch], async (fleet) => {
      const one = await fleet.up("server", "web01", { host: orch });
      const other = await fleet.up("policy", "fresh", policy);
      const { code, err } = await fleet.ledger("release", "fersh", orch);
      assert.equal(code, 1);
      assert.ok(
        err.includes(
          `no owner with it; the nearest of 2: ${other.owner}, ${one.owner}.`,
        ),
        err,
      );
    }));

  it("works on several hosts and goes on after one that fails (exit code 1)", () =>
    withFleet([orch, cm12, "lost", "empty"], async (fleet) => {
      const { owner } = await fleet.up("server", "it", { host: orch });
      await fleet.up("server", "it", { host: cm12 });
      await fleet.edit("lost", faulty({ unreachable: true }));
      await fleet.edit(cm12, faulty({ nonElevated: true }));
      const given = ["release", owner, "lost", cm12, "empty", orch];
      const { code, out, err } = await fleet.ledger(...given);
      assert.equal(code, 1);
      assert.equal(
        out,
        `empty: nothing is recorded of ${owner}\n\n${orch}: released ${owner}\n    went  server role  on  now off\n`,
      );
      assert.match(
        err,
        /on lost: .*CREDSSP206.*Releasing contoso\/.* on cm12\.do\.local: .*CREDSSP207/s,
      );
      await fleet.edit(cm12, faulty({ nonElevated: false }));
      const again = await fleet.ledger(...given);
      assert.match(again.out, /^cm12\.do\.local: released/);
      assert.equal((await fleet.state(cm12)).ledger, null);
    }));

  it("takes no part for an owner while a host is silent that may have another with it", () =>
    withFleet([orch, cm12], async (fleet) => {
      const { owner } = await fleet.up("server", "web2", { host: orch });
      await fleet.up("server", "web", { host: cm12 });
      await fleet.edit(cm12, faulty({ unreachable: true }));
      const { code, err } = await fleet.ledger("release", "web", orch, cm12);
      assert.equal(code, 1);
      assert.match(err, /web2, but not every host could be asked/);
      assert.notEqual((await fleet.state(orch)).ledger, null);
      const whole = await fleet.ledger("release", owner, orch, cm12);
      assert.equal(whole.code, 1);
      assert.match(whole.out, /went +server role/);
    }));

  it("leaves an imaged host alone: its ledger speaks of another machine (CREDSSP219)", () =>
    withFleet([orch], async (fleet) => {
      const { owner } = await fleet.up("server", "self", { host: orch });
      await fleet.edit(orch, (state) => imageOf(state, "other-guid"));
      const file = await fleet.file(orch);
      const { code, out, err } = await fleet.ledger("release", owner, orch);
      assert.deepEqual([code, out], [1, ""]);
      assert.match(
        err,
        /written on another machine.*other-guid on the host\..*CREDSSP219\)\n$/s,
      );
      assert.equal(await fleet.file(orch), file);
    }));

  it("leaves a ledger alone that it cannot read", () =>
    withFleet([orch], async (fleet) => {
      await fleet.edit(orch, (state) => ({ ...state, ledger: '{"schema":2}' }));
      const file = await fleet.file(orch);
      const { code, err } = await fleet.ledger("release", "x", orch);
      assert.equal(code, 1);
      assert.match(err, /CREDSSP307/);
      assert.equal(await fleet.file(orch), file);
    }));

  it("does the rest when it is run again after it broke off", () =>
    withFleet([orch], async (fleet) => {
      const { owner } = await fleet.up("policy", "fresh", policy);
      await fleet.edit(orch, faulty({ dieBetweenStores: true }));
      const broken = await fleet.ledger("release", owner, orch);
      assert.equal(broken.code, 1);
      assert.match(
        broken.err,
        /; part of it was done, and the same command again does the rest\. \(CREDSSP306\)\n$/,
      );
      await fleet.edit(orch, faulty({ dieBetweenStores: false }));
      assert.equal((await fleet.ledger("release", owner, orch)).code, 0);
      assert.deepEqual(await entriesOn(fleet), []);
    }));

  it("does without the cmdlet that takes its session down, and says so", () =>
    withFleet([orch], async (fleet) => {
      const { owner } = await fleet.up("client", "orch", client);
      await fleet.edit(orch, faulty({ crashEnableClient: true }));
      const { code, out } = await fleet.ledger("release", owner, orch);
      assert.equal(code, 0);
      assert.match(
        out,
        / {2}disableClient ended its session .*without the cmdlet\n$/,
      );
      assert.deepEqual(await entriesOn(fleet), []);
    }));

  it("gives programs every outcome and every error", () =>
    withFleet([orch, cm12], async (fleet) => {
      const { owner } = await fleet.up("server", "self", { host: orch });
      const given = ["release", owner, orch, cm12, "nobody", "--json"];
      const { code, out } = await fleet.ledger(...given);
      assert.equal(code, 1);
      const [first, second, third] = JSON.parse(out) as ForPrograms[];
      assert.deepEqual(first, {
        host: orch,
        owner,
        outcomes: [
          {
            kind: "role",
            role: "service",
            before: "off",
            outcome: "went",
            why: "now off",
            others: [],
          },
        ],
        notes: [],
      });
      assert.deepEqual(second, { host: cm12, owner, outcomes: [], notes: [] });
      assert.equal(third?.error?.code, "CREDSSP201");
      const again = JSON.parse(
        (await fleet.ledger("release", owner, orch, "--json")).out,
      ) as ForPrograms[];
      assert.deepEqual(
        again.map(({ error }) => error?.code),
        ["CREDSSP218"],
      );
    }));

  it("is the command that an abandoned resource names, word for word", () =>
    withFleet([orch], async (fleet) => {
      const made = await fleet.up("client", "it's 100%", client);
      await fleet.edit(orch, faulty({ unreachable: true }));
      await made.destroy();
      await fleet.edit(orch, faulty({ unreachable: false }));
      const [, line = ""] =
        /: npx pulumi-credssp (.*)$/.exec(fleet.warnings.join()) ?? [];
      assert.deepEqual((await command(words(line))).code, 0);
      assert.equal(await made.read(), null);
    }));
});

/** The words of a line, as a POSIX shell takes them apart. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+/g)].map(
    ([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"|\\(.)/g, "$1$2$3"),
  );
}

/** The same, as PowerShell does: a backslash is a letter, and a typographic quotation mark is one. */
function powershellWords(line: string): readonly string[] {
  const word =
    /(?:['\u2018-\u201b][^'\u2018-\u201b]*['\u2018-\u201b]|"[^"]*"|[^\s'"\u2018-\u201b])+/gu;
  return [...line.matchAll(word)].map(([one]) =>
    one.replaceAll(
      /"([^"]*)"|['\u2018-\u201b]([^'\u2018-\u201b]*)['\u2018-\u201b]/gu,
      "$1$2",
    ),
  );
}

describe("the owner that is meant", () => {
  const urn = "urn:pulumi:prod::site::credssp:CredSSPServer::web";
  const known = [`a/${urn}`, `b/${urn}`, `a/${urn}2`];

  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["as it stands there", `a/${urn}`, /^a\/.*web$/],
    ["by its URN, of which others' are a beginning", `${urn}2`, /^a\/.*web2$/],
    ["by a part", "web2", /^a\/.*web2$/],
  ];
  for (const [how, given, expected] of cases)
    it(`is found ${how}`, () => {
      const found = findOwner(given, known, true);
      assert.ok("owner" in found);
      assert.match(found.owner, expected);
    });

  it("is nobody where a URN stands under two labels", () => {
    const found = findOwner(urn, known, true);
    assert.ok("found" in found);
    assert.match(found.found, /^2 owners with it: a\/.*, b\/[^,]*$/);
  });

  it("is among three names at most, the nearest first", () => {
    const many = Array.from({ length: 50 }, (_, i) => `o/${urn}-${i}`);
    const found = findOwner("WEB-4q", [...many, "o/x"], true);
    assert.ok("found" in found);
    assert.match(
      found.found,
      /^no owner with it; the nearest of 51: o\/.*::web-4, o\/.*::web-40, o\/.*::web-41 and 48 more$/,
    );
  });
});

describe("the command line of pulumi-credssp ledger", () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["ledger", /^ledger: which of list, release\?/],
    ["ledger lst", /^ledger lst is not one of list, release/],
    ["ledger list", /^ledger list: which host\?/],
    ["ledger release", /^ledger release: which OWNER\?/],
    ["ledger release x", /^ledger release: which host\?/],
    ["ledger list a,b", /^"a,b" is not the name of a computer/],
    ["ledger list a --port 5", /^--port: port is not a property of a local/],
    ["ledger list a --transport winrm --port no", /^--port: .*1 to 65535/],
    [
      "ledger list a --transport telnet",
      /^--transport: "telnet" is not a tran/,
    ],
    ["ledger list a --fleet f --transport winrm", /^--fleet: fleet is not/],
    [
      "ledger list a --transport winrm --authentication x",
      /^--authentication: /,
    ],
    [
      "ledger list a --transport winrm --configuration-name ;",
      /^--configuration-name: /,
    ],
    [
      "ledger list a --transport winrm --credential s3cret!",
      /^--credential: .*a text of 7 characters that is no name/,
    ],
    [
      "ledger list a --transport ssh --credential admin",
      /^--credential: credential is not a property of a ssh/,
    ],
    [
      "ledger list a --transport winrm --option A=b",
      /^--option: options is not a property of a winrm/,
    ],
    [
      "ledger list a --transport ssh --option Compression",
      /^--option: .*Found: "Compression"\. Needed: NAME=VALUE.*CREDSSP109/,
    ],
    [
      "ledger list a --transport ssh --option A=1 --option B=1 --option A=2",
      /^--option: .*Found: "A"\. Needed: each option of ssh once/,
    ],
    [
      "ledger list a --transport ssh --option ProxyCommand=x",
      /^--option ProxyCommand: .*runs no program.*CREDSSP109/,
    ],
    [
      "ledger list a --transport ssh --option LogLevel=",
      /^--option LogLevel: .*Found: ""/,
    ],
    [
      "ledger list a --transport ssh --open-timeout-seconds 0",
      /^--open-timeout-seconds: .*Found: 0\. .*at most 3600/,
    ],
    [
      "ledger list a --transport winrm --operation-timeout-seconds 1m",
      /^--operation-timeout-seconds: .*Found: "1m"/,
    ],
    [
      "fleet list --credential admin",
      /^--credential is no option of fleet list/,
    ],
    [
      "ledger list a --allow-broad-delegation",
      /^--allow-broad-delegation is no option of ledger list/,
    ],
    ["ledger list a --prot 5", /^Unknown option '--prot'/],
    ["fleet list --port 5", /^--port is no option of fleet list/],
  ];
  for (const [line, message] of wrong)
    it(`answers "${line}" with one clear line (exit code 2)`, async () => {
      const { code, out, err } = await command(line.split(" "));
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, message);
      assert.match(err, /^[^\n]+\n$/);
    });

  it("refuses an owner of no letters: it would be a part of every owner", async () => {
    const { code, err } = await command(["ledger", "release", " ", "a"]);
    assert.equal(code, 2);
    assert.match(err, /which OWNER/);
  });

  it("says in its help that a stack which still exists claims again", async () => {
    const { out } = await command(["--help"]);
    assert.match(
      out,
      /whose stack is gone: where the stack still exists,\s+its next up claims everything again/,
    );
  });

  it("reaches hosts as the property connection does, with its defaults", () => {
    const addressOf = (given: object, env = {}) =>
      understandLedger("list", ["a"], { ...given }, env).address;
    assert.deepEqual(addressOf({}), { transport: "local" });
    assert.deepEqual(addressOf({ transport: "simulated" }), {
      transport: "simulated",
      fleet: ".demo/fleet",
    });
    const env = { CREDSSP_FLEET: "there" };
    assert.deepEqual(addressOf({}, env), { transport: "local" });
    assert.deepEqual(addressOf({ transport: "simulated" }, env), {
      transport: "simulated",
      fleet: "there",
    });
    assert.deepEqual(
      addressOf({ transport: "winrm", authentication: "kerberos" }),
      { transport: "winrm", useSSL: false, authentication: "Kerberos" },
    );
  });

  const addresses = [
    { transport: "local" },
    { transport: "winrm", useSSL: false, authentication: "Default" },
    {
      transport: "winrm",
      useSSL: true,
      authentication: "Negotiate",
      port: 5999,
      configurationName: "-Default",
      credential: "Lab_admin2",
      openTimeoutSeconds: 0.5,
      operationTimeoutSeconds: 3600,
    },
    { transport: "ssh" },
    {
      transport: "ssh",
      port: 2222,
      userName: "DO\\svc-credssp$",
      keyFilePath: "C:\\Users\\The Runner\\.ssh\\id_ed25519",
      subsystem: "powershell-7.4",
      options: {
        StrictHostKeyChecking: "yes",
        UserKnownHostsFile: "C:/ProgramData/jürgen/known_hosts",
        SetEnv: "A=b=c",
        ProxyJump: "ssh://admin@bastion-1.do.local:22,[fe80::1]:2222",
      },
      openTimeoutSeconds: 1e-7,
      operationTimeoutSeconds: 12.25,
    },
    { transport: "ssh", keyFilePath: "C:\\Users\\O'Brien\\my keys\\id" },
    { transport: "ssh", keyFilePath: "/home/o’brien/id" },
    { transport: "ssh", keyFilePath: "/home/$USER/`id`/!1/%A%/id" },
    { transport: "simulated", fleet: "simulated" },
    { transport: "simulated", fleet: "-my fleet" },
  ] as const satisfies readonly Address[];
  /** What a warning prints for a resource on a host that is reached so. */
  const printed = (owner: string, connection: Address): string =>
    abandonedWarning(
      credsspServer,
      { host: "a", owner, connection },
      new Unanswered(problem("CREDSSP206")),
    ).replace(/^.*npx pulumi-credssp ledger release /s, "");
  const understood = (args: readonly string[]) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...ledgerOptions, ...releaseOptions },
    });
    const { owner, address } = understandLedger(
      "release",
      positionals,
      values,
      {},
    );
    return { owner, address };
  };
  for (const address of addresses)
    it(`spells ${JSON.stringify(address)} so that it is understood again, in both shells`, () => {
      assert.deepEqual(checkConnection(address), { address });
      const owner = "o/urn:pulumi:dev::p::it$pulumi-nodejs:x:Y::a b";
      const expected = { owner, address };
      const given = [owner, "a", ...commandOptions(address)];
      assert.deepEqual(understood(given), expected);
      const line = printed(owner, address);
      assert.deepEqual(understood(words(line)), expected, line);
      assert.deepEqual(understood(powershellWords(line)), expected, line);
    });

  it("quotes for a POSIX shell what one spelling cannot say in both", () => {
    const owner = "o/urn:pulumi:dev::p::it$x::it's";
    const line = printed(owner, { transport: "local" });
    assert.equal(words(line)[0], owner);
  });

  it("says in its help every option there is", async () => {
    const { out } = await command(["--help"]);
    assert.match(out, /--transport local\|winrm\|ssh\|simulated/);
    for (const option of Object.keys(ledgerOptions))
      assert.ok(out.includes(`--${option}`), option);
  });

  it("needs a PowerShell for hosts that are not simulated, and says so (exit code 1)", async () => {
    // Without a Windows around it no PowerShell would do for these.
    const own = process.platform === "win32" ? "CREDSSP204" : "CREDSSP212";
    for (const [transport, needed] of [
      ["local", own],
      ["winrm", own],
      ["winrm --credential nope", own],
      ["ssh", "CREDSSP204"],
    ] as const) {
      const { code, out, err } = await command(
        ["ledger", "list", "a", "--transport", ...transport.split(" ")],
        { PATH: "" },
      );
      assert.deepEqual([code, out], [1, ""]);
      assert.match(err, /^Looking at CredSSP on a: .*\)\n$/s);
      assert.ok(err.endsWith(`(${needed})\n`), err);
    }
  });
});
