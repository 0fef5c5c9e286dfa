import assert from "node:assert/strict";
import {
  noPolicies,
  notConfigured,
  type HostFacts,
  type PolicyState,
} from "../../providers/model/facts";
import { plan } from "../../providers/model/plan";
import type { PolicyName } from "../../providers/model/policies";
import { noOptions, type Desired } from "../../providers/model/request";
import { after, gone, passed, reconciled, settled } from "../fakes/carriedOut";
import {
  clientFor,
  freshFacts,
  list,
  request,
  wish,
  withDomain,
} from "../fakes/facts";

const fresh = "AllowFreshCredentials";
const a = "WSMAN/a.do.local";
const theirs = "TERMSRV/jump01";

describe("what the simulation found", () => {
  const both = (local: PolicyState, live = local): HostFacts => ({
    ...freshFacts,
    live: { ...noPolicies, [fresh]: live },
    local: { ...noPolicies, [fresh]: local },
  });
  const spns = ({ values }: PolicyState): string[] =>
    values.map(({ data }) => data).sort();
  const mine = wish(fresh, { entries: [a] });
  const exclusive = wish(fresh, { entries: [a], exclusive: true });

  it("leaves the switch that a pass has made live of somebody else's local policy", () => {
    const pending = both({ ...notConfigured, switch: 1 }, notConfigured);
    const held = passed(settled(pending, mine));
    assert.equal(gone(held).live[fresh].switch, 1);
  });

  it("gives HKLM what a pass would have made of local policy without us", () => {
    const start = both(
      { ...notConfigured, switch: 0 },
      { ...notConfigured, switch: 1 },
    );
    const held = passed(settled(start, mine));
    const left = gone(held);
    assert.equal(left.local[fresh].switch, 0);
    assert.equal(left.live[fresh].switch, 0);
  });

  it("takes no entry of somebody else for ours where HKLM has lost ours", () => {
    const held = settled(freshFacts, mine);
    const theirs_ = { name: "9", data: a };
    const live = { ...held.live[fresh], values: [theirs_] };
    const left = gone({ ...held, live: { ...held.live, [fresh]: live } });
    assert.deepEqual(left.live[fresh].values, [theirs_]);
  });

  it("takes away, for another resource that has the list alone, what stands beside an entry that leaves", () => {
    const theirs_ = { name: "4", data: a };
    const start = both(notConfigured, { ...notConfigured, values: [theirs_] });
    const alone = wish(fresh, { entries: ["WSMAN/b.c.d"], exclusive: true });
    for (const isFirst of [true, false]) {
      const first = isFirst
        ? settled(start, mine, { owner: "other" })
        : settled(start, alone);
      const two = isFirst
        ? settled(first, alone)
        : settled(first, mine, { owner: "other" });
      const left = { ...two, ...gone(two, { owner: "other" }) };
      assert.deepEqual(spns(left.live[fresh]), ["WSMAN/b.c.d"]);
      assert.deepEqual(plan(left, request(alone)).batches, []);
      assert.deepEqual(gone(left).live[fresh].values, [theirs_]);
      assert.equal(gone(left).ledger, null);
    }
  });

  it("comes to an end when what exclusive puts back is an entry of ours too", () => {
    const facts = passed(both(list([a])));
    const other = wish(fresh, { entries: ["WSMAN/b.c.d"], exclusive: true });
    const held = settled(facts, other);
    // The ledger and the list are written, and the record of what was taken away is still there.
    const { batches } = plan(held, request(mine));
    const half = after(held, {
      ...plan(held, request(mine)),
      batches: batches.slice(0, 1),
    });
    // As the registry has them: by their numbers, theirs before ours.
    const sorted = (state: PolicyState): PolicyState => ({
      ...state,
      values: [...state.values].sort((x, y) => (x.name < y.name ? -1 : 1)),
    });
    const left = reconciled(half, null, (seen) => ({
      ...seen,
      live: { ...seen.live, [fresh]: sorted(seen.live[fresh]) },
      local: { ...seen.local, [fresh]: sorted(seen.local[fresh]) },
    }));
    assert.deepEqual(spns(left.live[fresh]), [a]);
    assert.deepEqual(spns(left.local[fresh]), [a]);
  });

  it("does not give back what the next pass would have taken away", () => {
    const fading = passed(both(list([theirs])));
    const facts = { ...fading, local: noPolicies };
    assert.deepEqual(gone(settled(facts, exclusive)).live[fresh].values, []);
  });

  it("does not give back a number that the domain has taken in between", () => {
    const held = settled(passed(both(list([theirs]))), exclusive);
    const facts = withDomain(fresh, list(["WSMAN/dc.do.local"]), held);
    const left = gone(facts);
    assert.deepEqual(spns(left.live[fresh]), ["WSMAN/dc.do.local"]);
    assert.deepEqual(spns(left.local[fresh]), [theirs]);
  });

  it("counts what exclusive has taken away among those who were there before the client role", () => {
    const other = "wsman/backup.corp.example";
    const held = settled(both(list([other])), exclusive, { owner: "alone" });
    const { ledger } = plan(held, request(clientFor("c.do.local")));
    assert.deepEqual(ledger.flags.client?.foreign, [other]);
  });

  it("takes over an entry with the live copy that a pass will make of local policy's", () => {
    const options = { ...noOptions, adopt: true };
    const facts = both(
      { ...list([]), values: [{ name: "2", data: a }] },
      { ...list([]), values: [{ name: "4", data: a }] },
    );
    const held = passed(settled(facts, mine, { options }));
    assert.equal(held.live[fresh].values.length, 2);
    assert.deepEqual(gone(held).live[fresh].values, []);
  });

  it("leaves the list to those who lived by it when it was taken over late", () => {
    const options = { ...noOptions, adopt: true };
    const joined = settled(both(list([theirs])), mine);
    const held = settled(joined, mine, { options });
    assert.equal(gone(held).live[fresh].switch, 1);
  });

  it("changes no concatenate when it takes a list over", () => {
    const options = { ...noOptions, adopt: true };
    const facts = both(
      list([a], { concatenate: 1 }),
      list([a], { concatenate: 0 }),
    );
    const held = settled(facts, mine, { options });
    assert.equal(held.local[fresh].concatenate, 1);
    assert.equal(held.live[fresh].concatenate, 0);
  });

  it("tells ours from an equal entry whose number the domain has taken, before ours is written", () => {
    const start = withDomain(
      fresh,
      list(["WSMAN/dc.do.local"], { concatenate: null }),
      both(list([a], { switch: null, concatenate: null }), notConfigured),
    );
    const [first] = plan(start, request(mine)).batches[0] ?? [];
    assert.ok(first?.kind === "writeLedger");
    const left = gone({ ...start, ledger: first.text });
    assert.deepEqual(left.local, start.local);
    assert.deepEqual(gone(settled(start, mine)).local, start.local);
  });

  it("leaves no opinion of ours in local policy under a domain that says otherwise", () => {
    const made = settled(
      freshFacts,
      wish(fresh, { entries: [a], concatenate: false }),
    );
    const facts = withDomain(
      fresh,
      { ...notConfigured, switch: 1, concatenate: 1 },
      made,
    );
    const values = made.live[fresh].values;
    const beside: HostFacts = {
      ...facts,
      live: { ...facts.live, [fresh]: { switch: 1, concatenate: 1, values } },
    };
    assert.deepEqual(gone(settled(beside, mine)).local, noPolicies);
  });

  it("takes its own instance when it leaves, whatever number somebody else's equal one has", () => {
    const held = passed(settled(both(list([])), mine));
    const ours = held.local[fresh].values;
    const added = { name: "0", data: a.toLowerCase() };
    const twice = (state: PolicyState): PolicyState => ({
      ...state,
      values: [added, ...state.values],
    });
    const facts = passed({
      ...held,
      local: { ...held.local, [fresh]: twice(held.local[fresh]) },
    });
    const left = gone(facts);
    assert.equal(ours.length, 1);
    assert.deepEqual(left.local[fresh].values, [added]);
    assert.deepEqual(left.live[fresh].values, [added]);
  });

  it("does not take a pending entry's number for its own copy of it", () => {
    const pending = { ...list([]), values: [{ name: "1", data: a }] };
    const start = both(pending, list([]));
    const held = settled(start, mine);
    const number = held.live[fresh].values.map(({ name }) => name);
    assert.deepEqual(number, ["2"]);
    const left = gone(passed(held));
    assert.deepEqual(left.local, start.local);
    assert.deepEqual(left.live[fresh].values, pending.values);
  });

  it("finds its entry again when the policy editor has numbered the list anew", () => {
    const held = settled(passed(both(list([theirs]))), mine);
    const turned = (state: PolicyState): PolicyState => ({
      ...state,
      values: [...state.values]
        .reverse()
        .map(({ data }, i) => ({ name: String(i + 1), data })),
    });
    const { local } = held;
    const facts = passed({
      ...held,
      local: { ...local, [fresh]: turned(local[fresh]) },
    });
    const again = plan(facts, request(mine));
    assert.deepEqual(
      again.ledger.lists[fresh]?.entries[a.toLowerCase()]?.written,
      ["1"],
    );
    const left = gone(facts);
    assert.deepEqual(spns(left.local[fresh]), [theirs]);
    assert.deepEqual(spns(left.live[fresh]), [theirs]);
  });

  it("gives back an entry that another of ours has come to want in between, and ends", () => {
    const start = both(list([]), {
      ...list([], { switch: null }),
      values: [{ name: "4", data: a.toUpperCase() }],
    });
    const other = wish(fresh, { entries: [], enabled: false, exclusive: true });
    const held = settled(settled(start, other), exclusive);
    const left = reconciled(held, null);
    assert.deepEqual(left.live[fresh].values, start.live[fresh].values);
  });

  it("takes over later what others had beside us, and leaves what they add after that", () => {
    const options = { ...noOptions, adopt: true };
    const held = settled(settled(passed(both(list([a]))), mine), mine, {
      options,
    });
    const late = { name: "7", data: a };
    const live = { ...held.live[fresh] };
    const facts: HostFacts = {
      ...held,
      live: {
        ...held.live,
        [fresh]: { ...live, values: [...live.values, late] },
      },
    };
    assert.deepEqual(gone(facts).live[fresh].values, [late]);
  });

  it("reads a ledger of the first version, which counted", () => {
    const held = settled(passed(both(list([theirs]))), mine);
    const entry = { owners: ["me"], written: ["2"] };
    assert.deepEqual(
      plan(held, request(mine)).ledger.lists[fresh]?.entries[a.toLowerCase()],
      entry,
    );
    const counted = (held.ledger ?? "").replace(
      '"written":["2"]',
      '"before":"absent","written":{"live":1,"local":1}',
    );
    assert.notEqual(counted, held.ledger);
    const left = gone({ ...held, ledger: counted });
    assert.deepEqual(spns(left.local[fresh]), [theirs]);
    assert.deepEqual(spns(left.live[fresh]), [theirs]);
  });

  it("reads of a ledger of the first version that an entry was taken over in HKLM alone", () => {
    const direct = { ...notConfigured, values: [{ name: "4", data: a }] };
    const options = { ...noOptions, adopt: true };
    const held = settled(both(notConfigured, direct), mine, { options });
    const exact = (held.ledger ?? "").replace('"exact":true,', "");
    const counted = exact.replace(
      '"written":["4"]',
      '"before":"absent","written":{"live":1,"local":0}',
    );
    assert.notEqual(counted, exact);
    const left = gone({ ...held, ledger: counted });
    assert.deepEqual(left.live[fresh].values, []);
  });

  it("does not give back what it has taken over after it had come back", () => {
    const start = both(notConfigured, {
      ...notConfigured,
      values: [{ name: "4", data: a }],
    });
    const empty = wish(fresh, { entries: [], enabled: false, exclusive: true });
    const held = settled(start, empty);
    // Back in the list, and not yet out of the ledger.
    const { batches } = plan(held, request(null));
    const half = after(held, {
      ...plan(held, request(null)),
      batches: batches.slice(0, 1),
    });
    const options = { ...noOptions, adopt: true };
    const taken = settled(half, exclusive, { options });
    assert.deepEqual(reconciled(taken, null).live[fresh].values, []);
  });

  it("is refused where the domain says otherwise, though somebody has deleted its word from HKLM", () => {
    const facts = withDomain(fresh, { ...notConfigured, switch: 0 });
    const gone_: HostFacts = { ...facts, live: noPolicies };
    const { batches, refusals } = plan(gone_, request(mine));
    assert.deepEqual(
      refusals.map(({ code }) => code),
      ["CREDSSP313"],
    );
    assert.deepEqual(batches, []);
  });

  it("refuses a role that the domain will switch off again, though somebody has deleted its word from HKLM", () => {
    const facts = withDomain("WinRMServiceAllowCredSSP", {
      ...notConfigured,
      switch: 0,
    });
    const { batches, refusals } = plan(
      { ...facts, live: noPolicies },
      request({ flag: "service", list: null }),
    );
    const [refusal] = refusals;
    assert.equal(refusal?.code, "CREDSSP301");
    assert.match(refusal.found, /disabled by "Server baseline"/u);
    assert.deepEqual(batches, []);
  });

  it("takes no number of the domain's, though somebody has deleted its entry from HKLM", () => {
    const facts = withDomain(fresh, {
      ...list([]),
      concatenate: null,
      values: [{ name: "1", data: "WSMAN/dc.do.local" }],
    });
    const gone_: HostFacts = {
      ...facts,
      live: {
        ...facts.live,
        [fresh]: { ...facts.live[fresh], values: [] },
      },
    };
    assert.deepEqual(settled(gone_, mine).live[fresh].values, [
      { name: "2", data: a },
    ]);
  });

  it("takes its concatenate out of local policy though the domain says the same by now, once the ledger was lost", () => {
    const held = settled(freshFacts, mine);
    assert.equal(held.local[fresh].concatenate, 1);
    const said = { ...notConfigured, switch: 1, concatenate: 1 };
    const { live, ...facts } = withDomain(fresh, said, held);
    const both_ = { ...live[fresh], values: held.live[fresh].values };
    const lost = { ...facts, live: { ...live, [fresh]: both_ }, ledger: null };
    const nowhere = { local: null, live: null };
    const again = settled(lost, mine, {
      added: {
        ledger: "ledger-0",
        entries: [a.toLowerCase()],
        flag: false,
        dwords: { switch: nowhere, concatenate: nowhere },
      },
    });
    const left = gone(again);
    assert.equal(left.local[fresh].concatenate, null);
    assert.equal(left.live[fresh].concatenate, 1);
  });

  it("takes no entry of somebody else for one that it had taken over in HKLM alone", () => {
    const taken = { name: "1", data: a };
    const start = both(
      { ...notConfigured, values: [taken] },
      { ...notConfigured, values: [taken, { name: "4", data: a }] },
    );
    const held = settled(start, mine, {
      options: { ...noOptions, adopt: true },
    });
    // Somebody adds one with the policy editor, and then empties HKLM by hand.
    const new_ = { name: "2", data: a };
    const local = { ...held.local[fresh], values: [taken, new_] };
    const live = { ...held.live[fresh], values: [] };
    const left = gone({
      ...held,
      local: { ...held.local, [fresh]: local },
      live: { ...held.live, [fresh]: live },
    });
    assert.deepEqual(left.local[fresh].values, [new_]);
  });

  it("takes no direct entry of somebody else for ours that the policy editor has numbered anew", () => {
    const direct = { name: "2", data: "WSMAN/A.do.local" };
    const held = settled(freshFacts, mine);
    const without = { ...held.live[fresh], values: [direct] };
    const revoked: HostFacts = {
      ...held,
      live: { ...held.live, [fresh]: without },
      local: { ...held.local, [fresh]: { ...held.local[fresh], values: [] } },
    };
    assert.deepEqual(gone(revoked).live[fresh].values, [direct]);
  });

  it("claims its entry again that the policy editor has left in HKLM alone, once the ledger was lost", () => {
    const held = settled(freshFacts, mine);
    const lost: HostFacts = {
      ...held,
      local: { ...held.local, [fresh]: { ...held.local[fresh], values: [] } },
      ledger: null,
    };
    const added = { entries: [a.toLowerCase()], flag: false, dwords: {} };
    const again = settled(lost, mine, {
      added: { ...added, ledger: "ledger-0" },
    });
    assert.deepEqual(gone(again).live[fresh].values, []);
  });

  it("claims nothing that is only pending, once its own ledger is gone: a destroy may have ended just before", () => {
    const pending = { name: "1", data: a };
    const start = both({ ...notConfigured, values: [pending] }, notConfigured);
    const added = { entries: [a.toLowerCase()], flag: false, dwords: {} };
    const again = settled(start, mine, {
      added: { ...added, ledger: "ledger-0" },
    });
    assert.deepEqual(gone(again).local[fresh].values, [pending]);
  });

  it("claims its entry again under a domain that empties the list, once the ledger was lost", () => {
    const held = settled(freshFacts, mine);
    const { live, ...facts } = withDomain(
      fresh,
      { ...list([a]), clearsFirst: true },
      held,
    );
    const domains = { ...held.live[fresh], values: list([a]).values };
    const added = { entries: [a.toLowerCase()], flag: false, dwords: {} };
    const lost: HostFacts = {
      ...facts,
      live: { ...live, [fresh]: domains },
      ledger: null,
    };
    const claimed = settled(lost, mine, {
      added: { ...added, ledger: "ledger-0" },
    });
    assert.deepEqual(gone(claimed).local[fresh].values, []);
  });

  describe("where RSoP gives no answer", () => {
    const withoutRsop = (facts: HostFacts): HostFacts => ({
      ...facts,
      origins: null,
    });
    /** Only local policy was written before the session went down. */
    const halfWritten = (facts: HostFacts, desired: Desired): HostFacts => {
      const { live } = facts;
      const whole = plan(facts, request(desired));
      const first = { ...whole, batches: whole.batches.slice(0, 1) };
      return { ...after(facts, first), live };
    };

    it("goes on with a switch of somebody else that was half changed, and blames no domain", () => {
      const start = withoutRsop(
        passed(both({ ...notConfigured, switch: 0 }, notConfigured)),
      );
      const half = halfWritten(start, mine);
      assert.deepEqual(plan(half, request(mine)).refusals, []);
      assert.equal(settled(half, mine).live[fresh].switch, 1);
    });

    it("goes on with a switch of ours that was half changed, whoever asks", () => {
      const no = wish(fresh, { entries: [], enabled: false });
      const held = withoutRsop(passed(settled(both(notConfigured), no)));
      const half = halfWritten(held, mine);
      const other = { owner: "you" };
      assert.deepEqual(plan(half, request(mine, other)).refusals, []);
    });

    it("goes on taking away what exclusive had taken out of local policy only", () => {
      const start = withoutRsop(passed(both(list([theirs]))));
      const half = halfWritten(start, exclusive);
      assert.deepEqual(spns(reconciled(half, exclusive).live[fresh]), [a]);
    });

    it("claims no entry that the domain may have written, once the ledger was lost", () => {
      const facts = withoutRsop(
        withDomain(fresh, { ...list([a]), concatenate: null }),
      );
      const added = { entries: [a.toLowerCase()], flag: false, dwords: {} };
      const held = reconciled(facts, mine, undefined, {
        added: { ...added, ledger: "ledger-0" },
      });
      assert.ok(spns(gone(held).live[fresh]).includes(a));
    });

    it("takes a Deny entry of ours that has left local policy for ours, and blocks nobody", () => {
      const deny: PolicyName = "DenyFreshCredentials";
      const denying = settled(freshFacts, wish(deny, { entries: [a] }));
      const held = settled(passed(denying, deny), mine);
      const facts = withoutRsop({
        ...held,
        local: { ...held.local, [deny]: list([]) },
      });
      assert.deepEqual(plan(facts, request(mine)).refusals, []);
    });
  });
});
