import assert from "node:assert/strict";
import fc from "fast-check";
import { spnKey } from "../../providers/model/delegates";
import {
  noPolicies,
  notConfigured,
  type HostFacts,
  type PolicyState,
} from "../../providers/model/facts";
import { parseLedger, type Ledger } from "../../providers/model/ledger";
import { plan, type Plan } from "../../providers/model/plan";
import { policyNames, type PolicyName } from "../../providers/model/policies";
import { noOptions } from "../../providers/model/request";
import type { Step, StoreChange } from "../../providers/model/steps";
import {
  clientFor,
  freshFacts,
  list,
  request,
  serverOn,
  wish,
  withDomain,
  withList,
} from "../fakes/facts";
import { after, gone, settled } from "../fakes/carriedOut";

const fresh = "AllowFreshCredentials";
const a = "WSMAN/a.do.local";
const theirs = "TERMSRV/jump01";
const noChange: StoreChange = { add: [], remove: [] };

function codes({ refusals }: Plan): string[] {
  return refusals.map(({ code }) => code);
}

function steps({ batches }: Plan): readonly Step[] {
  return batches.flat();
}

function written(answer: Plan): Extract<Step, { kind: "writePolicy" }> {
  const step = steps(answer).find((one) => one.kind === "writePolicy");
  assert.ok(step?.kind === "writePolicy", JSON.stringify(answer.batches));
  return step;
}

const untouched = { live: noPolicies, local: noPolicies, ledger: null };

describe("planning any of the eleven policies", () => {
  for (const policy of policyNames) {
    const isList = !policy.startsWith("WinRM");
    const desired = wish(policy, { entries: isList ? [a] : [] });

    it(`${policy}: is written to both stores, once, and goes again`, () => {
      const facts = settled(freshFacts, desired);
      for (const store of ["live", "local"] as const) {
        assert.deepEqual(facts[store][policy], {
          switch: 1,
          concatenate: isList ? 1 : null,
          values: isList ? [{ name: "1", data: a }] : [],
        });
      }
      assert.deepEqual(gone(facts), untouched);
    });

    it(`${policy}: is left as somebody else has it`, () => {
      const state = list(isList ? [theirs] : [], {
        concatenate: isList ? 0 : null,
      });
      const host: HostFacts = {
        ...freshFacts,
        live: { ...noPolicies, [policy]: state },
        local: { ...noPolicies, [policy]: state },
        applied: { ...noPolicies, [policy]: state },
      };
      const { live, local } = gone(settled(host, desired));
      assert.deepEqual({ live, local }, { live: host.live, local: host.local });
    });

    it(`${policy}: is forbidden with enabled: false, and no longer afterwards`, () => {
      const facts = settled(freshFacts, wish(policy, { enabled: false }));
      assert.equal(facts.live[policy].switch, 0);
      assert.equal(facts.local[policy].switch, 0);
      assert.deepEqual(gone(facts), untouched);
    });

    it(`${policy}: says so where the domain sets it as declared, and writes nothing`, () => {
      const state = list(isList ? [a] : [], {
        concatenate: null,
        ...(isList && { clearsFirst: true }),
      });
      for (const rsop of [true, false]) {
        const facts = withDomain(policy, state, { rsop });
        const answer = plan(facts, request(desired));
        assert.equal(answer.list, "satisfiedByPolicy");
        assert.ok(steps(answer).every(({ kind }) => kind === "writeLedger"));
        assert.deepEqual(gone(settled(facts, desired)).live, facts.live);
      }
    });

    it(`${policy}: is refused where the domain sets it otherwise, and the policy object is named`, () => {
      const state = { ...notConfigured, switch: 0 };
      const answer = plan(withDomain(policy, state), request(desired));
      assert.deepEqual(codes(answer), ["CREDSSP313"]);
      assert.match(answer.refusals[0]?.found ?? "", /"Server baseline" sets/u);
      assert.deepEqual(answer.batches, []);
    });
  }
});

describe("planning a role under our own WinRM policy", () => {
  it("is satisfied by it, and settles its debt once the policy is lifted", () => {
    const on: HostFacts = {
      ...settled(freshFacts, wish("WinRMServiceAllowCredSSP")),
      service: { on: true, source: "policy" },
    };
    const answer = plan(on, request(serverOn, { owner: "server" }));
    assert.equal(answer.flag, "satisfiedByPolicy");
    const owned = after(on, answer);
    const left = after(owned, plan(owned, request(null, { owner: "server" })));
    assert.deepEqual(
      after(left, plan(left, request(null))).live,
      untouched.live,
    );
  });

  it("is not lifted over a connection that would be cut by it", () => {
    const on = settled(freshFacts, wish("WinRMServiceAllowCredSSP"));
    const answer = plan(on, request(null, { travelsOnCredssp: true }));
    assert.deepEqual(codes(answer), ["CREDSSP310"]);
    assert.deepEqual(answer.batches, []);
  });

  it("names the policy object that forbids a role", () => {
    const facts = {
      ...withDomain("WinRMClientAllowCredSSP", { ...notConfigured, switch: 0 }),
      client: { on: false, source: "policy" as const },
    };
    const answer = plan(facts, request(clientFor("a.do.local")));
    assert.deepEqual(codes(answer), ["CREDSSP301"]);
    assert.match(answer.refusals[0]?.found ?? "", /by "Server baseline"/u);
  });

  it("blames no domain for what local policy, or somebody in HKLM, forbids", () => {
    const name = "WinRMClientAllowCredSSP";
    const off = { ...notConfigured, switch: 0 };
    const facts: HostFacts = {
      ...freshFacts,
      client: { on: false, source: "policy" },
      live: { ...noPolicies, [name]: off },
    };
    const found = (host: HostFacts): string | undefined =>
      plan(host, request(clientFor("a.do.local"))).refusals[0]?.found;
    assert.match(found(facts) ?? "", /by a value written straight into HKLM/u);
    const local = { ...facts, local: { ...noPolicies, [name]: off } };
    assert.match(found(local) ?? "", /by local policy/u);
  });
});

describe("planning a list beside the domain's policy", () => {
  const domain = (
    entries: readonly string[],
    rest: Partial<PolicyState> = {},
  ): PolicyState => list(entries, { concatenate: null, ...rest });

  it("adds beside the domain's entries where the two lists merge, and removes only its own", () => {
    const facts = withDomain(fresh, domain(["WSMAN/theirs.do.local"]));
    const done = settled(facts, wish(fresh, { entries: [a] }));
    assert.deepEqual(done.live[fresh].values, [
      { name: "1", data: "WSMAN/theirs.do.local" },
      { name: "2", data: a },
    ]);
    assert.deepEqual(gone(done).live, facts.live);
  });

  it("leaves the live entry to the domain that sets the same, and gives up its own", () => {
    const facts = withDomain(fresh, domain([a]));
    const done = settled(facts, wish(fresh, { entries: [a] }));
    assert.deepEqual(done.live[fresh].values, [{ name: "1", data: a }]);
    const left = gone(done);
    assert.deepEqual(left.live, facts.live);
    assert.deepEqual(left.local, noPolicies);
  });

  it("gives an entry of ours another number where the domain has taken it", () => {
    const made = settled(freshFacts, wish(fresh, { entries: [a] }));
    // The domain's value 1 comes after local policy's and overwrites it.
    const facts = withDomain(fresh, domain([theirs], { concatenate: 1 }), made);
    const step = written(plan(facts, request(wish(fresh, { entries: [a] }))));
    assert.deepEqual(step.local.remove, [{ name: "1", data: a }]);
    assert.deepEqual(step.local.add, [{ name: "2", data: a }]);
    assert.deepEqual(step.live.add, [{ name: "2", data: a }]);
    const done = settled(facts, wish(fresh, { entries: [a] }));
    const left = gone(done);
    assert.deepEqual(left.live[fresh].values, [{ name: "1", data: theirs }]);
    assert.deepEqual(left.local, noPolicies);
  });

  it("counts an entry as covered where the domain's list, which it empties first, covers it", () => {
    const facts = withDomain(
      fresh,
      domain(["WSMAN/*.do.local"], { clearsFirst: true }),
    );
    const answer = plan(facts, request(wish(fresh, { entries: [a] })));
    assert.equal(answer.list, "satisfiedByPolicy");
    assert.ok(steps(answer).every(({ kind }) => kind === "writeLedger"));
    settled(facts, wish(fresh, { entries: [a] }));
  });

  it("does not count what somebody wrote beside the domain's list, which the next pass empties", () => {
    const emptied = withDomain(fresh, domain([], { clearsFirst: true }));
    const live = { ...emptied.live[fresh], values: [{ name: "7", data: a }] };
    const facts = { ...emptied, live: { ...emptied.live, [fresh]: live } };
    const answer = plan(facts, request(wish(fresh, { entries: [a] })));
    assert.deepEqual(codes(answer), ["CREDSSP312"]);
  });

  it("is refused where that list neither holds nor covers it", () => {
    const facts = withDomain(
      fresh,
      domain(["WSMAN/*.corp.example"], { clearsFirst: true }),
    );
    const answer = plan(facts, request(wish(fresh, { entries: [a] })));
    assert.deepEqual(codes(answer), ["CREDSSP312"]);
    assert.match(answer.refusals[0]?.found ?? "", /"Server baseline".*a\.do/u);
    assert.deepEqual(answer.batches, []);
  });

  it("cleans local policy and the ledger when it leaves a list that the domain has taken", () => {
    const made = settled(freshFacts, wish(fresh, { entries: [a] }));
    const facts = withDomain(
      fresh,
      domain(["WSMAN/*.corp.example"], { clearsFirst: true }),
      made,
    );
    const left = gone(facts);
    assert.deepEqual(left.local, noPolicies);
    assert.equal(left.ledger, null);
    assert.deepEqual(left.live, facts.live);
  });

  it("is refused where the domain denies what is wanted, and warns where somebody else does", () => {
    const denied = withDomain("DenyFreshCredentials", domain(["WSMAN/*"]));
    const answer = plan(denied, request(wish(fresh, { entries: [a] })));
    assert.deepEqual(codes(answer), ["CREDSSP314"]);

    const local = domain(["WSMAN/*"]);
    const warned = plan(
      {
        ...freshFacts,
        live: { ...noPolicies, DenyFreshCredentials: local },
        local: { ...noPolicies, DenyFreshCredentials: local },
      },
      request(wish(fresh, { entries: [a] })),
    );
    assert.deepEqual(warned.refusals, []);
    assert.match(warned.warnings.join(), /denied by WSMAN\/\*/u);
  });

  it("warns when a Deny list covers what another resource of ours allows", () => {
    const facts = settled(freshFacts, wish(fresh, { entries: [a] }), {
      owner: "allows",
    });
    const answer = plan(
      facts,
      request(wish("DenyFreshCredentials", { entries: ["WSMAN/*.do.local"] })),
    );
    assert.match(
      answer.warnings.join(),
      /WSMAN\/\*\.do\.local denies wsman\/a\.do\.local, which AllowFresh/u,
    );
  });
});

describe("planning opinions", () => {
  const facts = (): HostFacts =>
    settled(freshFacts, wish(fresh, { entries: [a], concatenate: true }), {
      owner: "first",
    });

  it("refuses a second one that says the opposite, and names who has the first", () => {
    const opposite = wish(fresh, { entries: [a], concatenate: false });
    const answer = plan(facts(), request(opposite));
    assert.deepEqual(codes(answer), ["CREDSSP304"]);
    assert.equal(
      answer.refusals[0]?.found,
      "first declares concatenateDefaults: true",
    );
    assert.deepEqual(answer.batches, []);
  });

  it("refuses a prohibition against entries that another resource owns", () => {
    const answer = plan(facts(), request(wish(fresh, { enabled: false })));
    assert.deepEqual(codes(answer), ["CREDSSP304"]);
    assert.equal(answer.refusals[0]?.found, "first declares enabled: true");
  });

  it("gives concatenate back to a list that was there when the opinion goes and others stay", () => {
    const state = list([theirs], { concatenate: 0 });
    const joined = settled(withList(state), wish(fresh, { entries: [a] }), {
      owner: "stays",
    });
    const opinion = wish(fresh, { entries: [a], concatenate: true });
    const held = settled(joined, opinion);
    assert.equal(held.live[fresh].concatenate, 1);
    const left = after(held, plan(held, request(null)));
    assert.equal(left.live[fresh].concatenate, 0);
    assert.deepEqual(gone(left, { owner: "stays" }).live[fresh], state);
  });

  it("lets a list that we made have the defaults again when the opinion against them goes", () => {
    const made = settled(
      freshFacts,
      wish(fresh, { entries: [a], concatenate: false }),
    );
    assert.equal(made.live[fresh].concatenate, 0);
    const both = settled(made, wish(fresh, { entries: [a] }), {
      owner: "stays",
    });
    const left = after(both, plan(both, request(null)));
    assert.equal(left.live[fresh].concatenate, 1);
    assert.deepEqual(gone(left, { owner: "stays" }), untouched);
  });
});

describe("planning with adopt", () => {
  const options = { ...noOptions, adopt: true };

  it("takes over the entries that are there, so that they go with the resource", () => {
    const facts = withList(list([a]));
    const done = settled(facts, wish(fresh, { entries: [a] }), { options });
    assert.deepEqual(gone(done), untouched);
  });

  it("leaves the entries of others, and the switch they live by", () => {
    const state = list([theirs, a]);
    const done = settled(withList(state), wish(fresh, { entries: [a] }), {
      options,
    });
    const left = gone(done);
    assert.deepEqual(left.live[fresh], list([theirs]));
    assert.deepEqual(left.local[fresh], list([theirs]));
  });

  it("takes over a role that is on", () => {
    const on: HostFacts = {
      ...freshFacts,
      service: { on: true, source: "local" },
    };
    const before = (answer: Plan): unknown =>
      answer.ledger.flags.service?.before;
    assert.equal(before(plan(on, request(serverOn))), "on");
    assert.equal(before(plan(on, request(serverOn, { options }))), "off");
    const joined = after(on, plan(on, request(serverOn)));
    assert.equal(before(plan(joined, request(serverOn, { options }))), "off");
  });

  it("does not take over what the domain sets", () => {
    const facts = withDomain(fresh, list([a], { concatenate: null }));
    const done = settled(facts, wish(fresh, { entries: [a] }), { options });
    assert.deepEqual(gone(done).live, facts.live);
  });
});

describe("planning with exclusive", () => {
  const exclusive = wish(fresh, { entries: [a], exclusive: true });

  it("takes away what nobody of ours owns, and puts it back when it goes", () => {
    const facts = withList(list([theirs, "WSMAN/x.corp.example"]));
    const done = settled(facts, exclusive);
    assert.deepEqual(
      done.live[fresh].values.map(({ data }) => data),
      [a],
    );
    const { live, local, ledger } = gone(done);
    assert.deepEqual({ live, local }, { live: facts.live, local: facts.local });
    assert.equal(ledger, null);
  });

  it("takes nothing away from others on account of an update that is refused", () => {
    const facts = withList(list([theirs]));
    const both = wish(fresh, { entries: [a, theirs], exclusive: true });
    const held = settled(facts, both);
    const blocked = { ...exclusive, flag: "client" as const };
    const off = {
      ...held,
      client: { on: false, source: "policy" as const },
    };
    const answer = plan(off, request(blocked));
    assert.equal(answer.refusals[0]?.code, "CREDSSP301");
    const left = after(off, answer).live[fresh].values;
    assert.ok(left.some(({ data }) => data === theirs));
  });

  it("leaves what another resource of ours owns", () => {
    const other = settled(freshFacts, wish(fresh, { entries: [theirs] }), {
      owner: "other",
    });
    const done = settled(other, exclusive);
    assert.equal(done.live[fresh].values.length, 2);
  });

  it("puts broad entries back only with allowBroadDelegation, and says so", () => {
    const done = settled(withList(list(["WSMAN/*"])), exclusive);
    const answer = plan(done, request(null));
    assert.match(answer.warnings.join(), /WSMAN\/\* .* too broad/u);
    assert.deepEqual(after(done, answer).live[fresh].values, []);
    const options = { ...noOptions, allowBroadDelegation: true };
    const { live } = gone(done, { options });
    assert.deepEqual(live[fresh], list(["WSMAN/*"]));
  });

  it("records what it takes away before it does, so that a crash loses nothing", () => {
    const facts = withList(list([theirs]));
    const { batches } = plan(facts, request(exclusive));
    const [first] = batches[0] ?? [];
    assert.ok(first?.kind === "writeLedger");
    const read = parseLedger(first.text) as { readonly ledger: Ledger };
    assert.deepEqual(read.ledger.lists[fresh]?.removed?.values, {
      local: [{ name: "1", data: theirs }],
      live: [{ name: "1", data: theirs }],
    });
    // Only the ledger was written: the next run takes the rest away, the delete puts nothing twice.
    const crashed = { ...facts, ledger: first.text };
    const { live, local } = gone(crashed);
    assert.deepEqual({ live, local }, { live: facts.live, local: facts.local });
  });

  it("does not reach what the domain sets, and warns", () => {
    const facts = withDomain(fresh, list([theirs], { concatenate: null }));
    const answer = plan(facts, request(exclusive));
    assert.match(answer.warnings.join(), /exclusive does not reach/u);
    assert.deepEqual(settled(facts, exclusive).live[fresh].values[0], {
      name: "1",
      data: theirs,
    });
  });
});

describe("a list that somebody else has come to use", () => {
  it("stays enabled when the last of ours leaves, and says so", () => {
    const made = settled(freshFacts, wish(fresh, { entries: [a] }));
    const come = [...made.live[fresh].values, { name: "2", data: theirs }];
    const used = { ...made.live[fresh], values: come };
    const facts: HostFacts = {
      ...made,
      live: { ...made.live, [fresh]: used },
      local: { ...made.local, [fresh]: used },
    };
    const answer = plan(facts, request(null));
    assert.match(answer.warnings.join(), /stays enabled.*termsrv\/jump01/u);
    const left = after(facts, answer);
    assert.equal(left.live[fresh].switch, 1);
    assert.equal(left.live[fresh].concatenate, 1);
    assert.deepEqual(left.live[fresh].values, [{ name: "2", data: theirs }]);
    assert.equal(left.ledger, null);
  });

  it("is switched as before when they were there already", () => {
    const state = list([theirs], { switch: 0 });
    const done = settled(withList(state), wish(fresh, { entries: [a] }));
    assert.equal(done.live[fresh].switch, 1);
    assert.deepEqual(gone(done).live[fresh], state);
  });
});

describe("what a resource allows", () => {
  const vulnerable: HostFacts = { ...freshFacts, encryptionOracle: 2 };
  const accepted = { ...noOptions, acceptVulnerableOracle: true };

  for (const [what, desired] of [
    ["a role", serverOn],
    ["a list", wish(fresh, { entries: [a] })],
    ["WinRM's policy", wish("WinRMClientAllowCredSSP")],
  ] as const) {
    it(`refuses ${what} on a host with a vulnerable encryption oracle unless that is accepted`, () => {
      const refused = plan(vulnerable, request(desired));
      assert.deepEqual(codes(refused), ["CREDSSP305"]);
      assert.deepEqual(refused.batches, []);
      const answer = plan(vulnerable, request(desired, { options: accepted }));
      assert.deepEqual(answer.refusals, []);
      assert.match(answer.warnings.join(), /CVE-2018-0886/u);
    });
  }

  it("lets a Deny list and a prohibition pass there: they switch nothing on", () => {
    for (const desired of [
      wish("DenyFreshCredentials", { entries: [a] }),
      wish(fresh, { enabled: false }),
    ]) {
      assert.deepEqual(codes(plan(vulnerable, request(desired))), []);
    }
  });

  it("starts a WinRM service that does not run only with startService", () => {
    const stopped: HostFacts = {
      ...freshFacts,
      winrm: { status: "Stopped", startType: "Disabled" },
    };
    assert.deepEqual(codes(plan(stopped, request(serverOn))), ["CREDSSP210"]);
    const options = { ...noOptions, startService: true };
    const answer = plan(stopped, request(serverOn, { options }));
    assert.deepEqual(answer.batches[0], [{ kind: "startService" }]);
    const running = { ...stopped, winrm: freshFacts.winrm };
    const again = plan(running, request(serverOn, { options }));
    assert.ok(steps(again).every(({ kind }) => kind !== "startService"));
  });
});

describe("a policy whose ledger was lost", () => {
  it("is claimed again with what the outputs say stood there before", () => {
    const policy: PolicyName = "WinRMServiceAllowCredSSP";
    const made = settled(freshFacts, wish(policy));
    const lost = { ...made, ledger: null };
    const dwords = { switch: { local: null, live: null } };
    const added = { ledger: "old", flag: false, entries: [], dwords };
    const claimed = after(lost, plan(lost, request(wish(policy), { added })));
    assert.deepEqual(claimed.live[policy], made.live[policy]);
    assert.deepEqual(gone(claimed), untouched);
    assert.deepEqual(written(plan(claimed, request(null))).local, {
      ...noChange,
      switch: null,
    });
  });
});

const number = fc.constantFrom(null, 0, 1);
const values = (names: readonly string[]) =>
  fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...names),
      data: fc.constantFrom(a, "wsman/a.do.local", theirs, "WSMAN/*", "*"),
    }),
    { selector: ({ name }) => name, maxLength: 3 },
  );
const anyState: fc.Arbitrary<PolicyState> = fc.record({
  switch: number,
  concatenate: number,
  values: values(["1", "2", "7", "x"]),
});
const anyWish = fc.record({
  entries: fc.subarray([a, theirs, "WSMAN/b.do.local"], { minLength: 1 }),
  enabled: fc.boolean(),
  concatenate: fc.constantFrom(null, true, false),
  exclusive: fc.boolean(),
});

describe("any facts and any wish", () => {
  it("leave nothing to do once a plan was carried out, and nothing but others' after the next", () => {
    fc.assert(
      fc.property(
        fc.record({
          local: anyState,
          live: anyState,
          passed: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
          clears: fc.boolean(),
          rsop: fc.constantFrom(null, "none", "domain"),
          wishes: fc.array(anyWish, { minLength: 1, maxLength: 3 }),
          adopt: fc.boolean(),
        }),
        ({ local, live, passed, clears, rsop, wishes, adopt }) => {
          // What a pass has written is still live: who deletes what the domain sets will see it again.
          const applied: PolicyState = {
            switch: passed[3] ? live.switch : null,
            concatenate: passed[4] ? live.concatenate : null,
            values: live.values.filter((_, i) => passed[i]),
          };
          const domain = {
            switch: "D",
            concatenate: "D",
            ...(clears && { clearsFirst: "D" }),
            values: Object.fromEntries(
              applied.values.map(({ name }) => [name, "D"]),
            ),
          };
          const start: HostFacts = {
            ...freshFacts,
            live: { ...noPolicies, [fresh]: live },
            local: { ...noPolicies, [fresh]: local },
            applied: {
              ...noPolicies,
              [fresh]: { ...applied, ...(clears && { clearsFirst: true }) },
            },
            origins:
              rsop === null ? null : rsop === "none" ? {} : { [fresh]: domain },
          };
          const options = { ...noOptions, adopt, allowBroadDelegation: true };
          let facts = start;
          for (const one of wishes) {
            const ask = request(wish(fresh, one), { options });
            const first = plan(facts, ask);
            facts = after(facts, first);
            // Giving an opinion up and taking over what it leaves are two.
            facts = after(facts, plan(facts, ask));
            const again = plan(facts, ask);
            assert.deepEqual(again.batches, []);
            assert.deepEqual(codes(again), codes(first));
          }
          const left = gone(facts, { options });
          assert.equal(left.ledger, null);
          if (adopt) return;
          const data = (state: PolicyState): string[] =>
            state.values.map((value) => spnKey(value.data)).sort();
          // Who takes a list for itself gives nothing back that the next pass would take away.
          const fading = live.values
            .filter(
              (value, i) =>
                passed[i] &&
                !local.values.some(
                  (one) => one.name === value.name && one.data === value.data,
                ),
            )
            .map((value) => spnKey(value.data));
          const stays = (key: string): boolean =>
            rsop === null || !fading.includes(key);
          assert.deepEqual(
            data(left.live[fresh]).filter(stays),
            data(live).filter(stays),
          );
          assert.deepEqual(data(left.local[fresh]), data(local));
          for (const which of ["switch", "concatenate"] as const) {
            // Local policy says otherwise by now, so the next pass would change it without us.
            const isFading =
              applied[which] !== null && local[which] !== live[which];
            if (isFading && rsop !== "domain") continue;
            assert.equal(left.live[fresh][which], live[which], which);
            assert.equal(left.local[fresh][which], local[which], which);
          }
        },
      ),
      { numRuns: Number(process.env["CREDSSP_TEST_RUNS"] ?? 300) },
    );
  });
});
