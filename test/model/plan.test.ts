import assert from "node:assert/strict";
import { noPolicies, type HostFacts } from "../../providers/model/facts";
import { parseLedger, type Ledger } from "../../providers/model/ledger";
import { plan } from "../../providers/model/plan";
import { nothingAdded } from "../../providers/model/request";
import type { Batch, Step } from "../../providers/model/steps";
import {
  clientFor,
  freshFacts,
  ledgerText,
  list,
  policyOf,
  request,
  serverOn,
  withList,
} from "../fakes/facts";

/** The kinds of the steps of each batch, ledgers left out of nothing. */
function kinds(batches: readonly Batch[]): string[][] {
  return batches.map((batch) => batch.map((step) => step.kind));
}

function writtenLedger(batches: readonly Batch[]): Ledger {
  const step = batches.flat().find((one) => one.kind === "writeLedger");
  assert.ok(step?.kind === "writeLedger");
  const read = parseLedger(step.text);
  assert.ok("ledger" in read && read.ledger);
  return read.ledger;
}

function writePolicy(
  batches: readonly Batch[],
): Extract<Step, { kind: "writePolicy" }> {
  const step = batches.flat().find((one) => one.kind === "writePolicy");
  assert.ok(step?.kind === "writePolicy");
  return step;
}

const fresh = { name: "1", data: "wsman/*.do.local" };
const foreign = { name: "1", data: "WSMAN/sql01.corp.example" };

describe("planning a role", () => {
  it("switches a role on and records that it was off, in one batch", () => {
    const { batches, flag } = plan(freshFacts, request(serverOn));
    assert.deepEqual(kinds(batches), [["writeLedger", "enableServer"]]);
    assert.deepEqual(writtenLedger(batches).flags.service, {
      owners: ["me"],
      before: "off",
      foreign: [],
    });
    assert.equal(flag, "ours");
  });

  it("joins a role that somebody else had switched on, and only records it", () => {
    const facts: HostFacts = {
      ...freshFacts,
      service: { on: true, source: "local" },
    };
    const { batches } = plan(facts, request(serverOn));
    assert.deepEqual(kinds(batches), [["writeLedger"]]);
    assert.equal(writtenLedger(batches).flags.service?.before, "on");
  });

  it("plans nothing for a role that is on and recorded", () => {
    const facts: HostFacts = {
      ...freshFacts,
      service: { on: true, source: "local" },
      ledger: ledgerText({
        flags: { service: { owners: ["me"], before: "off", foreign: [] } },
      }),
    };
    assert.deepEqual(plan(facts, request(serverOn)).batches, []);
  });

  it("takes a role switched off since for what somebody else left", () => {
    const facts: HostFacts = {
      ...freshFacts,
      ledger: ledgerText({
        flags: { service: { owners: ["me"], before: "on", foreign: [] } },
      }),
    };
    const { batches } = plan(facts, request(serverOn));
    assert.deepEqual(kinds(batches), [["writeLedger", "enableServer"]]);
    assert.equal(writtenLedger(batches).flags.service?.before, "off");
  });

  it("is satisfied by a policy that switches the role on", () => {
    const facts: HostFacts = {
      ...freshFacts,
      service: { on: true, source: "policy" },
    };
    const answer = plan(facts, request(serverOn));
    assert.equal(answer.flag, "satisfiedByPolicy");
    assert.deepEqual(kinds(answer.batches), [["writeLedger"]]);
    assert.equal(
      writtenLedger(answer.batches).flags.service?.before,
      "unknown",
    );
  });

  it("never fights a policy that switches the role off", () => {
    const facts: HostFacts = {
      ...freshFacts,
      client: { on: false, source: "policy" },
    };
    const answer = plan(facts, request(clientFor("*.do.local")));
    assert.deepEqual(
      answer.refusals.map(({ code }) => code),
      ["CREDSSP301"],
    );
    assert.deepEqual(answer.batches, []);
  });

  const owned = (
    before: "on" | "off",
    owners = ["me"],
  ): Partial<HostFacts> => ({
    service: { on: true, source: "local" },
    ledger: ledgerText({ flags: { service: { owners, before, foreign: [] } } }),
  });

  it("switches off on delete what it had switched on, and drops the record after it", () => {
    const { batches } = plan({ ...freshFacts, ...owned("off") }, request(null));
    assert.deepEqual(batches, [
      [{ kind: "disableServer" }],
      [{ kind: "writeLedger", text: "" }],
    ]);
  });

  it("leaves a role on that was on before", () => {
    const { batches } = plan({ ...freshFacts, ...owned("on") }, request(null));
    assert.deepEqual(kinds(batches), [["writeLedger"]]);
  });

  it("leaves a role on that another resource still owns", () => {
    const facts = { ...freshFacts, ...owned("off", ["me", "you"]) };
    const { batches } = plan(facts, request(null));
    assert.deepEqual(kinds(batches), [["writeLedger"]]);
    assert.deepEqual(writtenLedger(batches).flags.service?.owners, ["you"]);
  });

  it("keeps a debt while a policy holds the role, and settles it when that is lifted", () => {
    const held: HostFacts = {
      ...freshFacts,
      ...owned("off"),
      service: { on: true, source: "policy" },
    };
    const debt = plan(held, request(null));
    assert.deepEqual(writtenLedger(debt.batches).flags.service?.owners, []);
    assert.equal(debt.warnings.length, 1);

    const lifted = { ...freshFacts, ...owned("off", []) };
    assert.deepEqual(kinds(plan(lifted, request(null)).batches), [
      ["disableServer"],
      ["writeLedger"],
    ]);
  });

  it("refuses to cut the connection it travels on", () => {
    const facts = { ...freshFacts, ...owned("off") };
    const answer = plan(facts, request(null, { travelsOnCredssp: true }));
    assert.deepEqual(
      answer.refusals.map(({ code }) => code),
      ["CREDSSP310"],
    );
    assert.deepEqual(answer.batches, []);
  });

  it("joins under a new name before it leaves the old one", () => {
    const facts = { ...freshFacts, ...owned("off", ["old"]) };
    const renamed = request(serverOn, { formerOwners: ["old"] });
    const { batches } = plan(facts, renamed);
    assert.deepEqual(kinds(batches), [["writeLedger"]]);
    assert.deepEqual(writtenLedger(batches).flags.service, {
      owners: ["me"],
      before: "off",
      foreign: [],
    });
  });
});

describe("planning delegates", () => {
  it("uses the cmdlet on a fresh host, after the ledger", () => {
    const { batches } = plan(freshFacts, request(clientFor("*.do.local")));
    assert.deepEqual(kinds(batches), [["writeLedger"], ["enableClient"]]);
    assert.deepEqual(batches[1], [
      { kind: "enableClient", names: ["*.do.local"] },
    ]);
    const record = writtenLedger(batches).lists.AllowFreshCredentials;
    assert.deepEqual(record?.entries["wsman/*.do.local"], {
      owners: ["me"],
      written: ["1"],
    });
  });

  it("waits for policy processing once the cmdlet ran", () => {
    const facts: HostFacts = {
      ...freshFacts,
      client: { on: true, source: "local" },
      local: { ...noPolicies, AllowFreshCredentials: list([fresh.data]) },
      ledger: ledgerText(
        plan(freshFacts, request(clientFor("*.do.local"))).ledger,
      ),
    };
    const answer = plan(
      facts,
      request(clientFor("*.do.local"), { cmdlet: "ran" }),
    );
    assert.deepEqual(answer.waiting, ["wsman/*.do.local"]);
    assert.deepEqual(answer.batches, []);
  });

  it("puts the live copy of an entry back under the number local policy has", () => {
    const facts: HostFacts = {
      ...freshFacts,
      client: { on: true, source: "local" },
      local: { ...noPolicies, AllowFreshCredentials: list([fresh.data]) },
      ledger: ledgerText(
        plan(freshFacts, request(clientFor("*.do.local"))).ledger,
      ),
    };
    const { batches } = plan(facts, request(clientFor("*.do.local")));
    assert.deepEqual(kinds(batches), [["writePolicy"]]);
    assert.deepEqual(writePolicy(batches).live, {
      add: [fresh],
      remove: [],
      switch: 1,
      concatenate: 1,
    });
    assert.deepEqual(writePolicy(batches).local, { add: [], remove: [] });
  });

  it("lets the cmdlet append where the numbers have no gap", () => {
    const facts = withList(list([foreign.data]));
    const { batches } = plan(facts, request(clientFor("*.do.local")));
    assert.deepEqual(kinds(batches), [["writeLedger"], ["enableClient"]]);
  });

  const unsafe: readonly [string, HostFacts][] = [
    [
      "the numbers have a gap, which the cmdlet would overwrite",
      withList(
        list([], {
          values: [foreign, { name: "3", data: "TERMSRV/jump01" }],
        }),
      ),
    ],
    [
      "the next number is taken in HKLM",
      withList(list([foreign.data]), {
        live: {
          ...noPolicies,
          AllowFreshCredentials: list([foreign.data, "WSMAN/other.example"]),
        },
      }),
    ],
    [
      "the switch is absent beside somebody's entries",
      withList(list([foreign.data], { switch: null })),
    ],
    [
      "somebody chose not to concatenate Windows' own entries",
      withList(list([foreign.data], { concatenate: 0 })),
    ],
    [
      "another policy editor is open",
      withList(list([foreign.data]), { openEditors: true }),
    ],
    [
      "the flag is under policy",
      withList(list([foreign.data]), {
        client: { on: true, source: "policy" },
      }),
    ],
  ];
  for (const [reason, facts] of unsafe) {
    it(`writes the list itself where ${reason}`, () => {
      const { batches } = plan(facts, request(clientFor("*.do.local")));
      const step = writePolicy(batches);
      assert.equal(batches.length, 1);
      assert.deepEqual(step.local.remove, []);
      assert.deepEqual(step.live.remove, []);
      const taken = [
        ...facts.local.AllowFreshCredentials.values,
        ...facts.live.AllowFreshCredentials.values,
      ].map(({ name }) => Number(name));
      for (const { add } of [step.local, step.live]) {
        assert.equal(add.length, 1);
        assert.ok(Number(add[0]?.name) > Math.max(...taken));
      }
      assert.equal(step.local.concatenate, undefined);
    });
  }

  it("takes an entry that is there for somebody else's, and never adds it twice", () => {
    const facts = withList(list(["WSMAN/*.DO.local"]), {
      client: { on: true, source: "local" },
    });
    const { batches } = plan(facts, request(clientFor("*.do.local")));
    assert.deepEqual(kinds(batches), [["writeLedger"]]);
    const entries = writtenLedger(batches).lists.AllowFreshCredentials?.entries;
    assert.deepEqual(entries?.["wsman/*.do.local"]?.written, []);
  });

  it("switches only the flag on where no entry is missing", () => {
    const facts = withList(list([fresh.data]));
    const { batches } = plan(facts, request(clientFor("*.do.local")));
    assert.deepEqual(batches[0]?.at(-1), { kind: "setClientAuth", on: true });
    assert.equal(
      batches.flat().some(({ kind }) => kind === "writePolicy"),
      false,
    );
  });
});

describe("taking delegates back", () => {
  /** A host as it is after `names` were delegated on top of what was there. */
  function after(before: HostFacts, ...names: string[]): HostFacts {
    const known = before.local.AllowFreshCredentials;
    const values = [
      ...known.values,
      ...names.map((name, i) => ({
        name: String(known.values.length + 1 + i),
        data: `wsman/${name}`,
      })),
    ];
    return withList(
      { switch: 1, concatenate: 1, values },
      {
        client: { on: true, source: "local" },
        ledger: ledgerText(plan(before, request(clientFor(...names))).ledger),
      },
    );
  }

  it("uses the cmdlet where nothing at all is to stay", () => {
    const { batches } = plan(after(freshFacts, "*.do.local"), request(null));
    assert.deepEqual(batches, [
      [{ kind: "disableClient" }],
      [{ kind: "writeLedger", text: "" }],
    ]);
  });

  it("does without the cmdlet where no policy pass has written what is live", () => {
    // The cmdlet would wait a minute for a pass to take it away, and fail.
    const { applied } = freshFacts;
    const facts = { ...after(freshFacts, "*.do.local"), applied };
    assert.deepEqual(kinds(plan(facts, request(null)).batches), [
      ["setClientAuth", "writePolicy"],
      ["writeLedger"],
    ]);
  });

  it("removes only its own entries by name and data where others are there", () => {
    const before = withList(list([foreign.data]));
    const { batches } = plan(after(before, "*.do.local"), request(null));
    assert.deepEqual(kinds(batches), [
      ["setClientAuth", "writePolicy"],
      ["writeLedger"],
    ]);
    const ours = { name: "2", data: "wsman/*.do.local" };
    assert.deepEqual(writePolicy(batches).local, { add: [], remove: [ours] });
    assert.deepEqual(writePolicy(batches).live, { add: [], remove: [ours] });
  });

  it("leaves an entry that was there before it", () => {
    const before = withList(list([fresh.data]));
    const facts: HostFacts = {
      ...before,
      client: { on: true, source: "local" },
      ledger: ledgerText(plan(before, request(clientFor("*.do.local"))).ledger),
    };
    const { batches } = plan(facts, request(null));
    assert.deepEqual(kinds(batches), [["setClientAuth"], ["writeLedger"]]);
  });

  it("keeps the role on when somebody else has come to delegate by it, and says so", () => {
    const mine = after(freshFacts, "*.do.local");
    const facts = withList(list([fresh.data, "wsman/late.example"]), {
      client: mine.client,
      ledger: mine.ledger,
    });
    const answer = plan(facts, request(null));
    assert.equal(
      answer.batches.flat().some(({ kind }) => kind === "setClientAuth"),
      false,
    );
    assert.match(answer.warnings[0] ?? "", /wsman\/late\.example/u);
  });

  it("adds one and removes one in a single writing, numbers of others kept", () => {
    const mine = after(
      withList(list([foreign.data])),
      "a.do.local",
      "b.do.local",
    );
    const { batches } = plan(
      mine,
      request(clientFor("b.do.local", "c.do.local")),
    );
    assert.deepEqual(kinds(batches), [
      ["writeLedger", "writePolicy"],
      ["writeLedger"],
    ]);
    assert.deepEqual(writePolicy(batches).live, {
      add: [{ name: "4", data: "wsman/c.do.local" }],
      remove: [{ name: "2", data: "wsman/a.do.local" }],
    });
  });

  it("removes as many instances as it wrote and no more", () => {
    const mine = after(freshFacts, "*.do.local");
    const facts = withList(list([fresh.data, "WSMAN/*.do.local"]), {
      client: mine.client,
      ledger: mine.ledger,
    });
    const { batches } = plan(facts, request(null));
    assert.deepEqual(writePolicy(batches).live.remove, [fresh]);
  });

  it("puts a switch back to what it was, unless somebody has set it since", () => {
    const before = withList(list([foreign.data], { switch: 0 }));
    const ledger = ledgerText(
      plan(before, request(policyOf(["WSMAN/*.do.local"]))).ledger,
    );
    const ours = list([foreign.data, "WSMAN/*.do.local"]);
    const back = plan(withList(ours, { ledger }), request(null));
    assert.equal(writePolicy(back.batches).live.switch, 0);

    const since = plan(
      withList({ ...ours, switch: null }, { ledger }),
      request(null),
    );
    assert.equal(writePolicy(since.batches).live.switch, undefined);
  });
});

describe("planning a policy", () => {
  it("writes both stores at once and creates the list with Windows' own entries kept", () => {
    const { batches } = plan(
      freshFacts,
      request(policyOf(["WSMAN/*.do.local"])),
    );
    assert.deepEqual(kinds(batches), [["writeLedger", "writePolicy"]]);
    const written = {
      add: [{ name: "1", data: "WSMAN/*.do.local" }],
      remove: [],
      switch: 1,
      concatenate: 1,
    };
    assert.deepEqual(writePolicy(batches).local, written);
    assert.deepEqual(writePolicy(batches).live, written);
  });

  it("refuses a prohibition of what another resource has entries in, naming it", () => {
    const facts = withList(list([fresh.data]), {
      client: { on: true, source: "local" },
      ledger: ledgerText(
        plan(freshFacts, request(clientFor("*.do.local"), { owner: "you" }))
          .ledger,
      ),
    });
    const [refusal] = plan(facts, request(policyOf([], false))).refusals;
    assert.equal(refusal?.code, "CREDSSP304");
    assert.match(refusal.found, /you/u);
  });

  it("changes its own mind freely and still knows what was there before", () => {
    const ledger = ledgerText(
      plan(freshFacts, request(policyOf(["WSMAN/*.do.local"]))).ledger,
    );
    const facts = withList(list(["WSMAN/*.do.local"]), { ledger });
    const { batches } = plan(facts, request(policyOf([], false)));
    assert.equal(writePolicy(batches).live.switch, 0);
    assert.deepEqual(
      writtenLedger(batches).lists.AllowFreshCredentials?.switch,
      {
        owners: ["me"],
        value: 0,
        was: 1,
        foreign: [],
        before: { local: null, live: null },
      },
    );
  });
});

describe("a run that broke off", () => {
  /** Two policies' worth of facts: ours as number 1, the same entry of somebody else's as number 2. */
  const ours = { name: "1", data: "WSMAN/a.do.local" };
  const theirs = { name: "2", data: "wsman/A.do.local" };

  it("does not take somebody's entry for its own once its own has gone", () => {
    const made = plan(freshFacts, request(policyOf([ours.data]))).ledger;
    const facts = withList(list([], { values: [ours, theirs] }), {
      ledger: ledgerText(made),
    });
    const leaving = plan(facts, request(null)).batches;
    assert.deepEqual(writePolicy(leaving).live.remove, [ours]);
    // The list was written, the ledger not yet.
    const broken = withList(
      list([], { switch: null, concatenate: null, values: [theirs] }),
      { ledger: ledgerText(writtenLedger(leaving)) },
    );
    const again = plan(broken, request(null)).batches;
    assert.deepEqual(again, [[{ kind: "writeLedger", text: "" }]]);
  });

  it("still knows its switch when it broke off while its mind changed", () => {
    const made = plan(freshFacts, request(policyOf([ours.data]))).ledger;
    const allowing = withList(list([ours.data]), { ledger: ledgerText(made) });
    const changing = plan(allowing, request(policyOf([ours.data], false)));
    // The ledger was written, the list not yet.
    const broken = {
      ...allowing,
      ledger: ledgerText(writtenLedger(changing.batches)),
    };
    const back = plan(broken, request(null)).batches;
    assert.equal(writePolicy(back).live.switch, null);
  });

  it("leaves under every name it had while a rename was not finished", () => {
    const made = plan(
      freshFacts,
      request(policyOf([ours.data]), { owner: "first" }),
    ).ledger;
    const facts = withList(list([ours.data]), { ledger: ledgerText(made) });
    const third = request(null, { formerOwners: ["first", "second"] });
    const { batches } = plan(facts, third);
    assert.deepEqual(batches.at(-1), [{ kind: "writeLedger", text: "" }]);
  });
});

describe("warning", () => {
  const warnings = (facts: HostFacts, ...names: string[]): readonly string[] =>
    plan(facts, request(clientFor(...names))).warnings;

  it("tells of an address, which Kerberos cannot prove", () => {
    assert.match(warnings(freshFacts, "10.0.0.5")[0] ?? "", /address/u);
  });

  it("tells of a short name in a domain, and of no other", () => {
    assert.match(warnings(freshFacts, "web01")[0] ?? "", /web01\.do\.local/u);
    assert.deepEqual(warnings(freshFacts, "localhost", "*.do.local"), []);
  });

  it("tells of a host in no domain", () => {
    const computer = { ...freshFacts.computer, domain: null };
    assert.match(
      warnings({ ...freshFacts, computer }, "web01.do.local")[0] ?? "",
      /in no domain/u,
    );
  });

  it("tells of a wider entry that makes a declared one effective too", () => {
    const facts = withList(list(["WSMAN/*.DO.local"]));
    assert.match(
      warnings(facts, "cm12.do.local")[0] ?? "",
      /covered by WSMAN\/\*\.DO\.local/u,
    );
  });
});

describe("refusing to touch a host", () => {
  const cases: readonly [string, Partial<HostFacts>, string][] = [
    ["the session is not elevated", { elevated: false }, "CREDSSP207"],
    [
      "the process is 32-bit on a 64-bit Windows",
      { computer: { ...freshFacts.computer, wow64: true } },
      "CREDSSP209",
    ],
    [
      "the WinRM service is stopped",
      { winrm: { status: "Stopped", startType: "Disabled" } },
      "CREDSSP210",
    ],
    [
      "local policy is not applied",
      { localPolicyOff: "homeEdition" },
      "CREDSSP303",
    ],
    [
      "the host accepts unpatched CredSSP",
      { encryptionOracle: 2 },
      "CREDSSP305",
    ],
    ["the ledger is newer", { ledger: '{"schema":99}' }, "CREDSSP307"],
    ["the ledger is damaged", { ledger: "{" }, "CREDSSP308"],
    [
      "Registry.pol cannot be read",
      { localUnreadable: "a bad signature at byte 0" },
      "CREDSSP309",
    ],
  ];
  for (const [reason, change, code] of cases) {
    it(`plans nothing and says why when ${reason} (${code})`, () => {
      const answer = plan(
        { ...freshFacts, ...change },
        request(clientFor("*.do.local")),
      );
      assert.deepEqual(answer.batches, []);
      assert.deepEqual(
        answer.refusals.map((one) => one.code),
        [code],
      );
    });
  }

  it("takes back what is no longer declared even where nothing may be added", () => {
    const ledger = ledgerText(
      plan(
        freshFacts,
        request(policyOf(["WSMAN/a.do.local", "WSMAN/b.do.local"])),
      ).ledger,
    );
    const facts = withList(list(["WSMAN/a.do.local", "WSMAN/b.do.local"]), {
      ledger,
      encryptionOracle: 2,
    });
    const answer = plan(
      facts,
      request(policyOf(["WSMAN/b.do.local", "WSMAN/c.do.local"])),
    );
    assert.equal(answer.refusals[0]?.code, "CREDSSP305");
    assert.deepEqual(writePolicy(answer.batches).live, {
      add: [],
      remove: [{ name: "1", data: "WSMAN/a.do.local" }],
    });
  });

  it("takes the ledger of another machine for no ledger", () => {
    const ledger = ledgerText({
      machineGuid: "machine-0",
      flags: { service: { owners: ["me"], before: "off", foreign: [] } },
    });
    const facts: HostFacts = {
      ...freshFacts,
      service: { on: true, source: "local" },
      ledger,
    };
    assert.deepEqual(plan(facts, request(null)).batches, []);
    const claimed = plan(
      facts,
      request(serverOn, { added: { ...nothingAdded, flag: true } }),
    );
    assert.equal(writtenLedger(claimed.batches).flags.service?.before, "off");
  });
});
