import assert from "node:assert/strict";
import { factsOf } from "../../providers/host/simulated/observe";
import type { HostState } from "../../providers/host/simulated/state";
import { covers, spnKey } from "../../providers/model/delegates";
import type { ListValue } from "../../providers/model/facts";
import { policyOf, policyOver } from "../../providers/model/policies";
import { holds } from "../../providers/model/policyFacts";
import { hostLedger, type Ledger } from "../../providers/model/ledger";
import type { Declared } from "./declared";
import { essence } from "./essence";
import type { Hands } from "./hands";
import type { Oracle } from "./oracle";
import {
  countIn,
  domainIn,
  dwords,
  isDomains,
  keysIn,
  policyIn,
  roleIn,
  seemsDomains,
  stores,
  wouldBe,
  type Site,
} from "./site";

/** Every promise is one function; what it says when it is broken names the host, the policy and the entry. */

/** What of a declaration is not so, now or after the next policy pass; null when all is. */
export function lacking(
  it: Declared,
  when: "now" | "after a pass",
): string | null {
  const { here, host } = it.site;
  const state = when === "now" ? here : wouldBe(here);
  const say = (what: string): string => `${host}: ${what} ${when} (${it.name})`;
  const { role, list } = it.definition;
  // A prohibition that waits in local policy is no drift yet, nor a policy of ours that is half gone.
  const isWaiting =
    role !== null &&
    when === "after a pass" &&
    (policyIn(here, "local", policyOver(role)).switch === 0 ||
      it.site.on(policyOver(role)).some((one) => one.isUncertain));
  if (role && !isWaiting && !roleIn(state, role).on) {
    return say(`${role} is off`);
  }
  const { policy } = it;
  if (!list || policy === null) return null;
  const live = policyIn(state, "live", policy);
  const wanted = role !== null || it.enabled ? 1 : 0;
  if (live.switch !== wanted) {
    return say(`${policy} is switched ${live.switch}, not ${wanted},`);
  }
  // Absent and 0 are one to Windows.
  if (
    it.concatenate !== null &&
    (live.concatenate ?? 0) !== Number(it.concatenate)
  ) {
    return say(`${policy} concatenates ${live.concatenate}`);
  }
  const { deniedBy } = policyOf(policy);
  const denied = it.entries.find(
    (key) =>
      it.enabled &&
      deniedBy !== undefined &&
      policyIn(state, "live", deniedBy).switch === 1 &&
      policyIn(state, "live", deniedBy).values.some(
        (value) => isDomains(state, deniedBy, value) && covers(value.data, key),
      ),
  );
  if (denied) return say(`the domain denies ${denied}`);
  const present = new Set(live.values.map(({ data }) => spnKey(data)));
  // Where the domain empties the list first, what its own entries cover is there.
  const isReplaced = domainIn(state, policy).some((one) => one.clearsFirst);
  const missing = it.entries.find(
    (key) =>
      !present.has(key) &&
      !(isReplaced && [...present].some((one) => covers(one, key))),
  );
  if (missing) return say(`${policy} lacks ${missing}`);
  if (!it.wantsAlone) return null;
  const ours = it.site.on(policy);
  const strange = live.values
    .filter((value) => !isDomains(state, policy, value))
    .filter((value) => !seemsDomains(state, policy, value))
    .map(({ data }) => spnKey(data))
    .find((key) => !isReplaced && !ours.some((one) => one.mayHold(key)));
  return strange === undefined
    ? null
    : say(`${policy} is to be ours alone and holds ${strange}`);
}

/** Whether a Deny entry, which without RSoP may be the domain's, covers an entry. */
export function mayBeDenied({ policy, entries, site }: Declared): boolean {
  const { deniedBy } = policyOf(policy ?? "AllowFreshCredentials");
  if (policy === null || deniedBy === undefined) return false;
  return policyIn(site.here, "live", deniedBy).values.some(
    (value) =>
      seemsDomains(site.here, deniedBy, value) &&
      entries.some((key) => covers(value.data, key)),
  );
}

/** Everything of others is still there under its own number; what `exclusive` has put back, as often. */
export function assertForeign(site: Site, oracle: Oracle, hands: Hands): void {
  const { here, theirs, host } = site;
  for (const policy of site.policies) {
    // Those come back when nobody wants the list for itself any more.
    if (site.on(policy).some((it) => it.isExclusive)) continue;
    const going = hands.going(policy);
    const goingValues = { values: hands.goingValues(policy) };
    for (const store of stores) {
      // What `exclusive` has put back into local policy a pass makes live again.
      const states = oracle.hasMoved(policy) ? [here, wouldBe(here)] : [here];
      const now = states.map((state) =>
        policyIn(state, store, policy).values.map(asText),
      );
      const there = policyIn(theirs, store, policy)
        .values.filter((value) => {
          const key = spnKey(value.data);
          const isGoing =
            going.includes(key) ||
            (store === "live" && holds(goingValues, value));
          return !isGoing && !oracle.isDoubtful(policy, value);
        })
        .map(asText);
      for (const text of there) {
        const data = text.slice(text.indexOf("=") + 1);
        const same = (one: string): boolean =>
          oracle.hasMoved(policy) ? one.endsWith(`=${data}`) : one === text;
        assert.ok(
          now.some(
            (one) => one.filter(same).length >= there.filter(same).length,
          ),
          `${host}: ${policy} lost ${text} in ${store}`,
        );
      }
    }
  }
}

const asText = ({ name, data }: ListValue): string => `${name}=${spnKey(data)}`;

/** The ledger has a record of everything on the host that is not others', and of nobody who is not there. */
export function assertExplained(site: Site, oracle: Oracle): void {
  const { here, theirs, host } = site;
  const ledger = ledgerIn(here);
  const known = new Set(site.resources.flatMap((it) => [...it.owners()]));
  for (const owner of ownersIn(ledger)) {
    assert.ok(
      known.has(owner),
      `${host}: the ledger has ${owner}, who is gone`,
    );
  }
  for (const policy of site.policies) {
    const record = ledger?.lists[policy];
    for (const store of stores) {
      // A pass that only a cmdlet of ours brought makes others' policy live too, and one that comes mends the rest.
      const [now, there, passed, next] = [
        here,
        theirs,
        wouldBe(theirs),
        wouldBe(here),
      ].map((s) => policyIn(s, store, policy));
      for (const which of dwords) {
        if (now?.[which] === there?.[which] || record?.[which]) continue;
        if (now?.[which] === passed?.[which]) continue;
        if (next?.[which] === passed?.[which]) continue;
        if (oracle.isDwordOpen(policy)) continue;
        assert.fail(
          `${host}: the ledger knows nothing of the ${which} of ${policy} in ${store}: ${now?.[which]}, ${there?.[which]} without us`,
        );
      }
      const going = keysIn(wouldBe(here), "live", policy);
      for (const key of new Set(keysIn(here, store, policy))) {
        if (
          countIn(theirs, store, policy, key) >=
          countIn(here, store, policy, key)
        )
          continue;
        if (record?.entries[key] ?? record?.removed) continue;
        // What stands in others' policy is live after the next pass anyway.
        const coming = countIn(wouldBe(theirs), store, policy, key);
        if (coming >= countIn(here, store, policy, key)) continue;
        // A pass that only a cmdlet of ours brought has made it live.
        if (oracle.wasPending || !going.includes(key)) continue;
        assert.fail(
          `${host}: the ledger knows nothing of ${key} in ${policy} (${store})`,
        );
      }
    }
  }
}

/** A finished up holds all that was declared, and nothing else. */
export function assertHolds(it: Declared): void {
  const ledger = ledgerIn(it.site.here);
  const { role } = it.definition;
  const say = (what: string): string => `${it.site.host}: ${it.name} ${what}`;
  const has = (record: { owners: readonly string[] } | undefined): boolean =>
    record?.owners.includes(it.owner) === true;
  if (role)
    assert.ok(has(ledger?.flags[role]), say(`does not own the ${role} role`));
  if (it.policy === null) return;
  const record = ledger?.lists[it.policy];
  assert.ok(
    has(record?.switch),
    say(`does not own the switch of ${it.policy}`),
  );
  const owned = Object.entries(record?.entries ?? {})
    .filter(([, entry]) => has(entry))
    .map(([key]) => key);
  assert.deepEqual(
    owned.sort(),
    [...new Set(it.entries)].sort(),
    say("owns other entries than it declares"),
  );
}

/** Where nobody of ours is (any more), everything is as others alone would have it. */
export function assertAsBefore(site: Site): void {
  const { here, theirs } = site;
  assert.equal(here.ledger, null, `${site.host}: the ledger is not empty`);
  // What a pass still has to bring or to take away belongs to what is there.
  const [now, before] = [here, theirs].map((state) => essence(wouldBe(state)));
  assert.deepEqual(now, before, `${site.host} is not as before`);
}

function ledgerIn(state: HostState): Ledger | null {
  return hostLedger(factsOf(state));
}

function ownersIn(ledger: Ledger | null): ReadonlySet<string> {
  const lists = Object.values(ledger?.lists ?? {});
  return new Set(
    [
      ...Object.values(ledger?.flags ?? {}),
      ...lists.flatMap((list) => [
        ...Object.values(list.entries),
        ...[list.switch, list.concatenate, list.removed].filter(
          (record) => record !== undefined,
        ),
      ]),
    ].flatMap(({ owners }) => owners),
  );
}
