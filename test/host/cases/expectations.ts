import assert from "node:assert/strict";
import type { Applied, Host } from "../../../providers/host/host";
import type {
  HostFacts,
  PolicyState,
  ListValue,
} from "../../../providers/model/facts";
import type { PolicyName } from "../../../providers/model/policies";
import type { Batch, StoreChange } from "../../../providers/model/steps";
import type { Bench, Edit, Store } from "../contract";

/** The list policy the cases work on: the one the cmdlets write. */
export const policy = "AllowFreshCredentials";

/** A `writePolicy` that changes nothing in a store. */
export const nothing: StoreChange = { add: [], remove: [] };

/** List values numbered from 1. */
export function numbered(...data: readonly string[]): ListValue[] {
  return data.map((d, i) => ({ name: String(i + 1), data: d }));
}

/** An edit that puts a list with its switch and concatenate on into a store. */
export function given(store: Store, values: readonly ListValue[]): Edit {
  return {
    kind: "list",
    store,
    policy,
    list: { switch: 1, concatenate: 1, values },
  };
}

/** Applies a batch to what the host is now. */
export async function applyNow(host: Host, batch: Batch): Promise<Applied> {
  return host.apply(batch, await host.observe());
}

/** Applies a batch that must be carried out, and gives the facts after it. */
export async function done(host: Host, batch: Batch): Promise<HostFacts> {
  const applied = await applyNow(host, batch);
  assert.equal(applied.outcome, "done", JSON.stringify(applied));
  assert.ok("facts" in applied);
  return applied.facts;
}

/** Applies a batch that must fail, and gives the failure with the facts after it. */
export async function failed(
  host: Host,
  batch: Batch,
): Promise<Applied & { outcome: "failed" }> {
  const applied = await applyNow(host, batch);
  assert.ok(applied.outcome === "failed", JSON.stringify(applied));
  return applied;
}

/** Carries a batch out twice; the second time changes nothing that counts. */
export async function twice(host: Host, batch: Batch): Promise<HostFacts> {
  const first = await done(host, batch);
  const second = await done(host, batch);
  assert.deepEqual(withoutHashes(second), withoutHashes(first));
  return second;
}

/** The facts but for the hashes: a cmdlet raises gpt.ini's version even where it changes no entry. */
export function withoutHashes(
  facts: HostFacts,
): Omit<HostFacts, "fingerprint"> {
  const { fingerprint: _, ...rest } = facts;
  return rest;
}

/** A list with its values by number: the order in which the registry enumerates them is not part of the contract. */
export function byNumber(list: PolicyState): PolicyState {
  return {
    ...list,
    values: [...list.values].sort((a, b) => Number(a.name) - Number(b.name)),
  };
}

/** Expects a policy in a store: switch, concatenate and values. */
export function expectList(
  facts: HostFacts,
  store: Store | "applied",
  expected: PolicyState,
  name: PolicyName = policy,
): void {
  const found = byNumber(facts[store][name]);
  assert.deepEqual(found, expected, `${store} ${name}`);
}

/** A list with switch and concatenate at 1. */
export function on(values: readonly ListValue[]): PolicyState {
  return { switch: 1, concatenate: 1, values };
}

/**
 * Looks until the host is as wanted. It fails after 200 looks: with a tenth of
 * a second between them that is long enough for any policy pass of a bench.
 */
export async function eventually(
  bench: Bench,
  host: Host,
  wanted: (facts: HostFacts) => boolean,
): Promise<HostFacts> {
  for (let look = 0; look < 200; look++) {
    const facts = await host.observe();
    if (wanted(facts)) return facts;
    await bench.pause(100);
  }
  return assert.fail("the host never became as wanted");
}

/** Whether every value's data is live. */
export function isLive(...data: readonly string[]) {
  return (facts: HostFacts): boolean =>
    data.every((d) => facts.live[policy].values.some((v) => v.data === d));
}
