import assert from "node:assert/strict";
import type { HostFacts, PolicyState } from "../../providers/model/facts";
import { plan, type Plan } from "../../providers/model/plan";
import type { PolicyName } from "../../providers/model/policies";
import type { Desired, Request } from "../../providers/model/request";
import type { StoreChange } from "../../providers/model/steps";
import { request } from "./facts";

/** Facts after a plan was carried out by a host that does as it is told. */
export function after(facts: HostFacts, answer: Plan): HostFacts {
  let { live, local, ledger } = facts;
  for (const step of answer.batches.flat()) {
    if (step.kind === "writeLedger") ledger = step.text || null;
    if (step.kind !== "writePolicy") continue;
    const { policy } = step;
    live = { ...live, [policy]: changed(live[policy], step.live) };
    local = { ...local, [policy]: changed(local[policy], step.local) };
  }
  return { ...facts, live, local, ledger };
}

function changed(state: PolicyState, change: StoreChange): PolicyState {
  const isIn = (name: string, data: string): boolean =>
    change.remove.some((one) => one.name === name && one.data === data);
  return {
    ...state,
    ...(change.switch !== undefined && { switch: change.switch }),
    ...(change.concatenate !== undefined && {
      concatenate: change.concatenate,
    }),
    values: [
      ...state.values.filter(({ name, data }) => !isIn(name, data)),
      ...change.add,
    ],
  };
}

/** What is there once a resource was created, and then asked for again: nothing is left to do. */
export function settled(
  facts: HostFacts,
  desired: Desired,
  rest: Partial<Request> = {},
): HostFacts {
  const done = after(facts, plan(facts, request(desired, rest)));
  const again = plan(done, request(desired, rest));
  assert.deepEqual(again.batches, [], "the second plan is empty");
  assert.deepEqual(again.refusals, []);
  return done;
}

/**
 * What is there once a host was reconciled: the first batch, and a new look, until nothing is to be done.
 * @param look what the host makes of itself in between.
 */
export function reconciled(
  facts: HostFacts,
  desired: Desired | null,
  look = (seen: HostFacts): HostFacts => seen,
  rest: Partial<Request> = {},
): HostFacts {
  let now = look(facts);
  for (let i = 0; i < 6; i++) {
    const next = plan(now, request(desired, rest));
    if (next.batches.length === 0) return now;
    now = look(after(now, { ...next, batches: next.batches.slice(0, 1) }));
  }
  assert.fail("the plan does not come to an end");
}

/** What is left once the resource was deleted. */
export function gone(
  facts: HostFacts,
  rest: Partial<Request> = {},
): Pick<HostFacts, "live" | "local" | "ledger"> {
  const { live, local, ledger } = after(
    facts,
    plan(facts, request(null, rest)),
  );
  return { live, local, ledger };
}

/** What a policy pass makes of a list when only local policy says anything of it. */
export function passed(
  facts: HostFacts,
  name: PolicyName = "AllowFreshCredentials",
): HostFacts {
  const { local, applied, live } = facts;
  const old = applied[name].values.map(({ name }) => name);
  const now = local[name].values.map(({ name }) => name);
  const dword = (which: "switch" | "concatenate"): number | null =>
    local[name][which] ??
    (applied[name][which] === null ? live[name][which] : null);
  return {
    ...facts,
    live: {
      ...live,
      [name]: {
        switch: dword("switch"),
        concatenate: dword("concatenate"),
        values: [
          ...live[name].values.filter(
            ({ name }) => !old.includes(name) && !now.includes(name),
          ),
          ...local[name].values,
        ],
      },
    },
    applied: { ...applied, [name]: local[name] },
    origins: {},
  };
}
