import fc from "fast-check";
import type { ListValue, PolicyState } from "../../providers/model/facts";
import {
  listKeyOf,
  policyNames,
  type PolicyName,
} from "../../providers/model/policies";
import {
  ways,
  type Action,
  type Change,
  type Crash,
  type Wish,
} from "./actions";

/** What resources of ours may name. */
export const delegates = [
  "a.do.local",
  "b.do.local",
  "*.corp.example",
] as const;

/** What others leave before we come: gaps, names that are no numbers, duplicates that differ in case. */
const foreign = [
  "TERMSRV/jump01",
  "WSMAN/backup.corp.example",
  "wsman/a.do.local",
  "WSMAN/A.do.local",
  "*",
] as const;

const late = [
  "TERMSRV/new01",
  "WSMAN/late02",
  "WSMAN/A.do.local",
  "wsman/b.do.local",
] as const;

/** The others' answers to "yes or no" are rarely yes. */
const rarely = (weight = 5): fc.Arbitrary<boolean> =>
  fc.oneof(
    { arbitrary: fc.constant(false), weight },
    { arbitrary: fc.constant(true), weight: 1 },
  );

const crash: fc.Arbitrary<Crash | null> = fc.option(
  fc.record({
    at: fc.integer({ min: 1, max: 6 }),
    steps: fc.integer({ min: 0, max: 3 }),
    half: fc.boolean(),
    how: fc.constantFrom("error" as const, "lost" as const, "killed" as const),
  }),
  { freq: 3 },
);

const wish: fc.Arbitrary<Wish> = fc.record({
  targets: fc.subarray([...delegates]),
  enabled: rarely(4).map((no) => !no),
  concatenate: fc.oneof(
    { arbitrary: fc.constant(null), weight: 4 },
    { arbitrary: fc.boolean(), weight: 2 },
  ),
  exclusive: rarely(7),
  adopt: rarely(7),
  broad: fc.boolean(),
  vulnerable: rarely(),
  starts: rarely(2),
});

const slotNumber = fc.nat({ max: 5 });
const change: fc.Arbitrary<Change> = fc.record({
  slot: slotNumber,
  wish: fc.option(wish, { freq: 4 }),
  rename: rarely(4),
});

const stack = fc.nat({ max: 3 });
const host = fc.nat({ max: 2 });
const policy = fc.nat({ max: 4 });
const role = fc.constantFrom("client" as const, "service" as const);
const by = fc.constantFrom(...ways);

/** What the domain says of a policy: its numbers meet those of local policy, and it may empty the list first. */
const domainSetting: fc.Arbitrary<PolicyState> = fc
  .record({
    switch: fc.constantFrom(1, 1, null, 0),
    concatenate: fc.constantFrom(null, null, 0, 1),
    values: fc.subarray([
      { name: "1", data: "WSMAN/dc01.corp.example" },
      { name: "2", data: "WSMAN/*.corp.example" },
      { name: "3", data: "TERMSRV/jump01" },
    ]),
    clears: rarely(2),
  })
  .map(({ clears, ...setting }) => ({
    ...setting,
    ...(clears && { clearsFirst: true as const }),
  }));

/** Everything that may happen. */
export const action: fc.Arbitrary<Action> = fc.oneof(
  {
    arbitrary: fc.record({
      what: fc.constant("up" as const),
      stack,
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
      refresh: rarely(3).map((no) => !no),
      crash,
      staleAt: fc.option(fc.integer({ min: 1, max: 4 }), { freq: 6 }),
    }),
    weight: 12,
  },
  {
    arbitrary: fc.record({
      what: fc.constant("destroy" as const),
      stack,
      crash,
    }),
    weight: 3,
  },
  fc.record({ what: fc.constant("refresh" as const), stack }),
  fc.record({ what: fc.constant("policy pass" as const), host }),
  fc.record({
    what: fc.constant("somebody adds" as const),
    host,
    policy,
    data: fc.constantFrom(...late),
    by,
  }),
  fc.record({
    what: fc.constant("somebody revokes" as const),
    host,
    policy,
    data: fc.constantFrom(...foreign, "wsman/b.do.local", "WSMAN/late02"),
    by,
  }),
  fc.record({
    what: fc.constant("somebody rules" as const),
    host,
    role,
    value: fc.constantFrom(null, 0 as const, 1 as const),
  }),
  fc.record({
    what: fc.constant("somebody switches" as const),
    host,
    role,
    on: fc.boolean(),
  }),
  fc.record({
    what: fc.constant("somebody sets" as const),
    host,
    policy,
    which: fc.constantFrom("switch" as const, "concatenate" as const),
    value: fc.constantFrom(null, 0, 1),
  }),
  fc.record({
    what: fc.constant("the domain sets" as const),
    host,
    policy,
    setting: fc.option(domainSetting, { freq: 3 }),
  }),
  fc.record({
    what: fc.constant("policy never applies" as const),
    host,
    on: fc.boolean(),
  }),
  fc.record({
    what: fc.constant("local policy is off" as const),
    host,
    on: fc.boolean(),
  }),
  fc.record({
    what: fc.constant("the host is silent" as const),
    host,
    on: rarely(1),
  }),
  fc.record({
    what: fc.constant("the oracle is vulnerable" as const),
    host,
    on: rarely(1),
  }),
  fc.record({
    what: fc.constant("WinRM stops" as const),
    host,
    how: fc.constantFrom(
      "running" as const,
      "stopped" as const,
      "disabled" as const,
    ),
  }),
  fc.record({
    what: fc.constant("ledger is lost" as const),
    host,
    how: fc.constantFrom("deleted" as const, "imaged" as const),
  }),
);

const dword = fc.constantFrom(null, 0, 1);
const someValues = (numbers: readonly string[]): fc.Arbitrary<ListValue[]> =>
  fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...numbers),
      data: fc.constantFrom(...foreign),
    }),
    { selector: (value) => value.name, maxLength: 4 },
  );
const store = (numbers: readonly string[]) =>
  fc.record({
    switch: dword,
    concatenate: dword,
    values: someValues(numbers),
  });

/** What stands in one policy of a host before we come. */
const list = fc.record({
  local: store(["1", "2", "3", "7", "x"]),
  /** What somebody wrote straight into HKLM. */
  live: store(["4", "5", "9", "y"]),
});
export type ListStart = typeof list extends fc.Arbitrary<infer T> ? T : never;

/** A host before we come. */
const hostStart = fc.record({
  lists: fc.tuple(list, list, list),
  /** Local policy has been edited, and no policy pass has come yet. */
  isPending: fc.boolean(),
  client: fc.boolean(),
  service: fc.boolean(),
  faults: fc.constantFrom(
    {},
    { crashEnableClient: true },
    { openEditors: true },
    { rsopUnavailable: true },
  ),
});
export type HostStart =
  typeof hostStart extends fc.Arbitrary<infer T> ? T : never;

const kind = fc.oneof(
  { arbitrary: fc.constant("client" as const), weight: 3 },
  { arbitrary: fc.constant("policy" as const), weight: 4 },
  { arbitrary: fc.constant("server" as const), weight: 2 },
);
/** A place in a program: which kind of resource, on which host, for which policy. */
const slot = fc.record({ kind, host, policy });
export type Slot = typeof slot extends fc.Arbitrary<infer T> ? T : never;

const lists = policyNames.filter((name) => listKeyOf(name) !== null);
const winrm = policyNames.filter((name) => listKeyOf(name) === null);
const fresh: PolicyName = "AllowFreshCredentials";

/** A fleet, the policies that matter in this run, and the programs of its stacks. */
export const start = fc.record({
  hosts: fc.array(hostStart, { minLength: 1, maxLength: 3 }),
  /** The client's own list, at most two others, and perhaps WinRM's. */
  policies: fc
    .tuple(
      fc.subarray(
        lists.filter((name) => name !== fresh),
        { maxLength: 2 },
      ),
      fc.subarray([...winrm]),
    )
    .map(([some, rules]) => [fresh, ...some, ...rules]),
  stacks: fc.array(fc.array(slot, { minLength: 1, maxLength: 4 }), {
    minLength: 2,
    maxLength: 4,
  }),
});
export type Start = typeof start extends fc.Arbitrary<infer T> ? T : never;

/** What happens in a run. */
export const actions = fc.array(action, { maxLength: 24, size: "max" });
