import fc from "fast-check";
import assert from "node:assert/strict";
import { credsspClient } from "../../providers/credsspClient";
import { credsspServer } from "../../providers/credsspServer";
import { delegationPolicy } from "../../providers/delegationPolicy";
import type { Connect, Host } from "../../providers/host/host";
import {
  putList,
  ruleFlag,
  switchFlag,
} from "../../providers/host/simulated/hands";
import {
  createMemoryFleet,
  type MemoryFleet,
} from "../../providers/host/simulated/memoryFleet";
import { factsOf } from "../../providers/host/simulated/observe";
import { policyPass } from "../../providers/host/simulated/policyPass";
import type { HostState } from "../../providers/host/simulated/state";
import { isWsman, spnKey } from "../../providers/model/delegates";
import { CredsspError, problem } from "../../providers/model/errors";
import type { PolicyState, ListValue, Role } from "../../providers/model/facts";
import type { Store } from "../../providers/model/ledger";
import type { Batch } from "../../providers/model/steps";
import type { Definition, Properties } from "../../providers/pulumi/definition";
import { providersFor, type Provider } from "../../providers/pulumi/provider";
import { essence } from "./world";

const host = "orch01.do.local";
const policy = "AllowFreshCredentials";
const common = { host, connection: { transport: "simulated" } };

const definitions = {
  client: credsspClient,
  policy: delegationPolicy,
  server: credsspServer,
} as const;
type Kind = keyof typeof definitions;

/** The resources of a run: two or three owners of everything a host has. */
const names = ["c1", "c2", "p1", "p2", "p3", "s1", "s2"] as const;
type Name = (typeof names)[number];
const kindOf = (name: Name): Kind =>
  name.startsWith("c") ? "client" : name.startsWith("p") ? "policy" : "server";

/** Where a run breaks off: after the first `steps` steps of its `at`-th batch. */
interface Crash {
  readonly at: number;
  readonly steps: number;
  /** The `writePolicy` that comes next has written local policy when it happens, as the PowerShell adapter does first. */
  readonly half: boolean;
  /**
   * `error`: the host gives an error, and answers again. `lost`: it answers no more in this run.
   * `killed`: the provider's process is gone, and Pulumi's state is as before.
   */
  readonly how: "error" | "lost" | "killed";
}

interface Up {
  readonly what: "up";
  readonly name: Name;
  readonly targets: readonly string[];
  readonly enabled: boolean;
  readonly rename: boolean;
  readonly crash: Crash | null;
  /** Before which batch somebody else adds an entry, so that the plan is stale. */
  readonly staleAt: number | null;
}
interface Destroy {
  readonly what: "destroy";
  readonly name: Name;
  readonly crash: Crash | null;
}
/** With the policy editor, into the policy file (no pass follows), or straight into HKLM. */
type Hand = (typeof hands)[number];
const hands = ["editor", "file", "hklm"] as const;
type Action =
  | Up
  | Destroy
  | { readonly what: "refresh" }
  | { readonly what: "policy pass" }
  | { readonly what: "somebody adds"; data: string; by: Hand }
  | { readonly what: "somebody revokes"; data: string; by: Hand }
  | { readonly what: "somebody switches"; role: Role; on: boolean }
  | { readonly what: "somebody rules"; role: Role; value: 0 | 1 | null }
  | {
      readonly what: "somebody sets";
      which: "switch" | "concatenate";
      value: number | null;
    }
  | { readonly what: "policy never applies"; on: boolean }
  | { readonly what: "ledger is lost"; how: "deleted" | "imaged" };

const hosts = ["a.do.local", "b.do.local", "*.corp.example"] as const;
const foreign = [
  "TERMSRV/jump01",
  "WSMAN/backup.corp.example",
  "wsman/a.do.local",
  "WSMAN/A.do.local",
  "*",
] as const;

const crash = fc.option(
  fc.record({
    at: fc.integer({ min: 1, max: 4 }),
    steps: fc.integer({ min: 0, max: 3 }),
    half: fc.boolean(),
    how: fc.constantFrom("error" as const, "lost" as const, "killed" as const),
  }),
  { freq: 3 },
);
const up: fc.Arbitrary<Up> = fc.record({
  what: fc.constant("up" as const),
  name: fc.constantFrom(...names),
  targets: fc.subarray([...hosts], { minLength: 1 }),
  enabled: fc.oneof(
    { arbitrary: fc.constant(true), weight: 4 },
    { arbitrary: fc.constant(false), weight: 1 },
  ),
  rename: fc.oneof(
    { arbitrary: fc.constant(false), weight: 3 },
    { arbitrary: fc.constant(true), weight: 1 },
  ),
  crash,
  staleAt: fc.option(fc.integer({ min: 1, max: 3 }), { freq: 6 }),
});
const action: fc.Arbitrary<Action> = fc.oneof(
  { arbitrary: up, weight: 10 },
  {
    arbitrary: fc.record({
      what: fc.constant("destroy" as const),
      name: fc.constantFrom(...names),
      crash,
    }),
    weight: 5,
  },
  fc.record({ what: fc.constant("refresh" as const) }),
  fc.record({ what: fc.constant("policy pass" as const) }),
  fc.record({
    what: fc.constant("somebody adds" as const),
    data: fc.constantFrom(
      "TERMSRV/new01",
      "WSMAN/late02",
      "WSMAN/A.do.local",
      "wsman/b.do.local",
    ),
    by: fc.constantFrom(...hands),
  }),
  fc.record({
    what: fc.constant("somebody revokes" as const),
    data: fc.constantFrom(...foreign, "wsman/b.do.local", "WSMAN/late02"),
    by: fc.constantFrom(...hands),
  }),
  fc.record({
    what: fc.constant("somebody rules" as const),
    role: fc.constantFrom("client" as const, "service" as const),
    value: fc.constantFrom(null, 0 as const, 1 as const),
  }),
  fc.record({
    what: fc.constant("somebody switches" as const),
    role: fc.constantFrom("client" as const, "service" as const),
    on: fc.boolean(),
  }),
  fc.record({
    what: fc.constant("somebody sets" as const),
    which: fc.constantFrom("switch" as const, "concatenate" as const),
    value: fc.constantFrom(null, 0, 1),
  }),
  fc.record({
    what: fc.constant("policy never applies" as const),
    on: fc.boolean(),
  }),
  fc.record({
    what: fc.constant("ledger is lost" as const),
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
const start = fc.record({
  local: fc.record({
    switch: dword,
    concatenate: dword,
    values: someValues(["1", "2", "3", "7", "x"]),
  }),
  /** What somebody wrote straight into HKLM. */
  live: fc.record({
    switch: dword,
    concatenate: dword,
    values: someValues(["4", "5", "9", "y"]),
  }),
  /** Local policy has been edited, and no policy pass has come yet. */
  isPending: fc.boolean(),
  client: fc.boolean(),
  service: fc.boolean(),
  faults: fc.constantFrom(
    {},
    { crashEnableClient: true },
    { openEditors: true },
  ),
});
type Start = typeof start extends fc.Arbitrary<infer T> ? T : never;

function begin(state: HostState, given: Start): HostState {
  const edited = putList(state, "local", policy, given.local);
  const passed = given.isPending ? edited : policyPass(edited);
  const { values } = factsOf(passed).live[policy];
  const { switch: allowed, concatenate } = given.live;
  const both = putList(passed, "live", policy, {
    ...(allowed !== null && { switch: allowed }),
    ...(concatenate !== null && { concatenate }),
    values: [...values, ...given.live.values],
  });
  const winrm = {
    ...both.winrm,
    clientCredSSP: given.client,
    serviceCredSSP: given.service,
  };
  return { ...both, winrm, faults: given.faults };
}

const listOf = (fleet: MemoryFleet, store: Store): PolicyState =>
  factsOf(fleet.state(host))[store][policy];

/** The `wsman` entries of others, wherever they stand. */
const wsmanOf = (fleet: MemoryFleet): ReadonlySet<string> =>
  new Set(
    (["local", "live"] as const)
      .flatMap((store) => listOf(fleet, store).values)
      .filter(({ data }) => isWsman(data))
      .map(({ data }) => spnKey(data)),
  );

/** What Pulumi's state and the program hold of one resource. */
class Declared {
  outputs: Properties | null = null;
  /** Nobody knows how far its last operation came: the same one runs again before any other. */
  repeat: Up | null = null;
  /** Pulumi keeps it as "initialised with errors", and updates it whatever diff says. */
  isHalfDone = false;
  /** Its delete failed. */
  isHalfGone = false;
  /** A finished up, and nobody has touched what it declares since. */
  isSteady = false;
  private inputs: Properties = {};
  private renames = 0;

  constructor(
    readonly name: Name,
    readonly definition: Definition,
    private readonly provider: Provider,
  ) {}

  get isKnown(): boolean {
    return this.outputs !== null || this.repeat !== null;
  }

  /** Only the ledger knows what it holds. */
  get isUncertain(): boolean {
    return this.isHalfDone || this.repeat !== null;
  }

  get enabled(): unknown {
    return this.inputs["enabled"];
  }

  get entries(): readonly string[] {
    const { list } = this.definition;
    if (!list) return [];
    return (this.inputs[list.property] as readonly string[]).map((entry) =>
      spnKey(list.spn(entry)),
    );
  }

  async declare(one: Up): Promise<void> {
    if (one.rename) this.renames++;
    const kind = kindOf(this.name);
    const checked = await this.provider.check(this.outputs ?? {}, {
      ...common,
      ...(kind === "client" && { delegateComputers: one.targets }),
      ...(kind === "policy" && {
        policy,
        enabled: one.enabled,
        targets: one.targets.map((name) => `WSMAN/${name}`),
      }),
      owner: `org/urn:pulumi:dev::p::${kind}::${this.name}-${this.renames}`,
    });
    assert.deepEqual(checked.failures, []);
    this.inputs = { ...(checked.inputs as Properties), __provider: "handle" };
  }

  /** Whether anything was done: what `pulumi up` does once the program has said what it wants. */
  async converge(force = false): Promise<boolean> {
    if (this.outputs === null) {
      const made = await this.provider.create(this.inputs);
      this.keep(made.outs);
    } else if (force || this.isHalfDone || (await this.differs())) {
      const { outputs, inputs } = this;
      const updated = await this.provider.update("id", outputs, inputs);
      this.keep(updated.outs);
    } else return false;
    return true;
  }

  async differs(): Promise<boolean> {
    const diff = await this.provider.diff("id", this.outputs, this.inputs);
    assert.deepEqual(diff.replaces, []);
    return diff.changes === true;
  }

  async refresh(): Promise<void> {
    if (this.outputs === null) return;
    const read = await this.provider.read("id", this.outputs);
    if (read.id === "") this.outputs = null;
    else this.keep(read.props);
  }

  async destroy(): Promise<void> {
    if (this.outputs === null) return;
    await this.provider.delete("id", this.outputs);
    this.outputs = null;
    this.isHalfDone = this.isHalfGone = this.isSteady = false;
  }

  /** Pulumi's state is plain JSON, and so must be what it is given. */
  keep(outs: unknown): void {
    assert.deepEqual(outs, JSON.parse(JSON.stringify(outs)));
    this.outputs = outs as Properties;
  }
}

const crashed = (): CredsspError =>
  new CredsspError(
    "Cannot change CredSSP",
    host,
    problem("CREDSSP206", { said: "crashed", found: "a crash", host }),
  );

/** Everything of one run: the host, another on which only others are at work, and our resources. */
class Simulation {
  readonly fleet = createMemoryFleet([host]);
  readonly control = createMemoryFleet([host]);
  readonly resources: readonly Declared[];
  private written = 0;
  private batches = 0;
  private images = 0;
  private crash: Crash | null = null;
  private staleAt: number | null = null;
  private isDown = false;
  private hasCrashed = false;
  private hasLostDwords = false;
  private neverApplies = false;
  /** A client was destroyed under policy, or beside one half done: whether the role stays on is not followed any more. */
  private isClientOpen = false;
  /** A role was destroyed under policy: whoever comes next may have to switch it off. */
  private mayOwe = false;
  /** Somebody's entry has stood in local policy without being live. */
  private wasPending: boolean;
  /** The `wsman` entries of others when the client role was last in others' hands. */
  private known: ReadonlySet<string> = new Set();

  constructor(given: Start) {
    let ids = 1;
    const make = providersFor({
      connect: this.connect,
      clock: this.fleet.clock,
      random: () => 0.5,
      newId: () => `ledger-${ids++}`,
      log: { progress: () => undefined, warning: () => undefined },
    });
    const providers = {
      client: make(credsspClient),
      policy: make(delegationPolicy),
      server: make(credsspServer),
    };
    this.resources = names.map((name) => {
      const kind = kindOf(name);
      return new Declared(name, definitions[kind], providers[kind]);
    });
    this.everywhere((state) => begin(state, given));
    this.wasPending = given.isPending;
  }

  async act(one: Action): Promise<void> {
    switch (one.what) {
      case "up":
        return this.up(one);
      case "destroy":
        return this.destroy(one);
      case "refresh":
        for (const it of this.resources) await it.refresh();
        return;
      case "policy pass":
        if (!this.wouldUndo()) this.everywhere(policyPass);
        return;
      case "somebody adds":
        return this.add(one.data, one.by);
      case "somebody revokes":
        return this.revoke(one.data, one.by);
      case "somebody switches":
        return this.switch(one.role, one.on);
      case "somebody rules":
        return this.rule(one.role, one.value);
      case "somebody sets":
        return this.set(one.which, one.value);
      case "policy never applies":
        this.neverApplies = one.on;
        this.wasPending = true;
        this.everywhere((state) => ({
          ...state,
          faults: { ...state.faults, policyNeverApplies: one.on },
        }));
        return;
      case "ledger is lost":
        return this.lose(one.how);
    }
  }

  async end(): Promise<void> {
    this.neverApplies = false;
    this.everywhere((state) => ({ ...state, faults: {} }));
    this.rule("client", null);
    this.rule("service", null);
    // Twice: a create to be repeated may contradict another resource until that is gone.
    for (const { name } of [...this.resources, ...this.resources]) {
      await this.destroy({ what: "destroy", name, crash: null });
    }
    if (this.mayOwe) await this.settle();
    assert.equal(this.fleet.state(host).ledger, null, "the ledger is empty");
    const { clientCredSSP } = this.fleet.state(host).winrm;
    if (this.isClientOpen) {
      this.control.edit(host, (s) => switchFlag(s, "client", clientCredSSP));
    }
    // What a pass still has to bring or to take away belongs to what is there.
    this.everywhere(policyPass);
    const seen = (fleet: MemoryFleet): unknown => {
      if (this.hasLostDwords) {
        fleet.edit(host, (state) =>
          (["local", "live"] as const).reduce(
            (next, store) =>
              putList(next, store, policy, { switch: null, concatenate: null }),
            state,
          ),
        );
      }
      // SPNs compare without case: which of two spellings stays is all the same.
      const text = JSON.stringify(essence(fleet, host)).toLowerCase();
      return JSON.parse(text, (_key, value: unknown) =>
        Array.isArray(value) ? value.sort() : value,
      );
    };
    assert.deepEqual(seen(this.fleet), seen(this.control));
  }

  /** What a policy had kept us from switching off, any run on this host does. */
  private async settle(): Promise<void> {
    const name = "s1";
    await this.up({
      what: "up",
      name,
      targets: [],
      enabled: true,
      rename: false,
      crash: null,
      staleAt: null,
    });
    await this.destroy({ what: "destroy", name, crash: null });
  }

  private async up(one: Up): Promise<void> {
    const it = this.of(one.name);
    if (it.repeat !== null) await this.run(it, { ...it.repeat, crash: null });
    if (it.repeat !== null) return;
    const theirs = wsmanOf(this.control);
    // Half destroyed and then claimed again, somebody else's instance would count as ours.
    if (it.isHalfGone && it.entries.some((key) => theirs.has(key))) {
      await this.destroy({ what: "destroy", name: it.name, crash: null });
    }
    it.isHalfGone = false;
    // Without `--refresh`, Pulumi would see no difference.
    if (!it.isSteady) await it.refresh();
    await it.declare(one);
    await this.run(it, one);
  }

  private async run(it: Declared, one: Up): Promise<void> {
    this.lookAtClient(it);
    const isRefused = this.contradicts(it);
    const { role } = it.definition;
    const isRuled = role !== null && !factsOf(this.fleet.state(host))[role].on;
    this.arm(one.crash, one.staleAt);
    it.isSteady = false;
    type Failure = Error & { properties?: Properties };
    const { isDone, failure } = await it.converge().then(
      (done) => ({ isDone: done, failure: null }),
      (error: unknown) => ({ isDone: false, failure: error as Failure }),
    );
    const how = this.disarm();
    this.assertForeign();
    if (failure === null) {
      it.repeat = null;
      it.isHalfDone = false;
      it.isSteady = true;
      assert.equal(this.lacking(it, "now"), null);
      // What somebody took out of the policy file only is no drift that a refresh sees.
      if (isDone) assert.equal(this.lacking(it, "after a pass"), null);
      await it.refresh();
      assert.ok(it.outputs !== null, `${it.name} is gone after its up`);
      assert.equal(await it.differs(), false, `${it.name} differs`);
      if (isDone) await this.assertFinished(it, it.outputs);
    } else if (how === "killed") {
      it.repeat = one;
    } else {
      if (failure.properties) {
        it.keep(failure.properties);
        it.isHalfDone = true;
      }
      // After a kill the state knows neither a new resource nor a new name.
      if (it.outputs !== null && !it.repeat?.rename) it.repeat = null;
      const isExpected =
        how !== null ||
        (isRefused && failure.message.includes("CREDSSP304")) ||
        (isRuled && failure.message.includes("CREDSSP301")) ||
        (this.neverApplies && failure.message.includes("CREDSSP302"));
      assert.ok(isExpected, failure.stack ?? failure.message);
    }
    await this.assertUndisturbed();
  }

  /** The same update once more writes nothing and gives the same. */
  private async assertFinished(it: Declared, outputs: Properties) {
    const done = this.written;
    await it.converge(true);
    assert.ok(this.written === done || this.mayOwe, `${it.name} is not done`);
    // Warnings tell of others' entries too, which a refresh does not look at.
    const warnings = it.outputs?.["warnings"];
    assert.deepEqual(it.outputs, { ...outputs, warnings });
  }

  private async destroy(one: Destroy): Promise<void> {
    const it = this.of(one.name);
    if (it.repeat !== null) await this.run(it, { ...it.repeat, crash: null });
    if (it.repeat !== null) return;
    if (it.outputs === null) return;
    const wasOn = this.fleet.state(host).winrm.clientCredSSP;
    this.arm(one.crash, null);
    const failure = await it.destroy().then(
      () => null,
      (error: unknown) => error as Error,
    );
    const how = this.disarm();
    this.assertForeign();
    if (failure !== null) {
      assert.ok(how !== null, failure.stack ?? failure.message);
      it.isSteady = false;
      it.isHalfGone = true;
    }
    const { role } = it.definition;
    const isRuled =
      role !== null &&
      factsOf(this.fleet.state(host))[role].source === "policy";
    if (isRuled) this.mayOwe = true;
    const isLast = !this.ofKind("client").some(({ isKnown }) => isKnown);
    if (kindOf(it.name) === "client" && isLast) {
      const come = [...wsmanOf(this.control)].some((k) => !this.known.has(k));
      const isOn = this.fleet.state(host).winrm.clientCredSSP;
      // Somebody else has come to delegate by the role: it is theirs now.
      if (wasOn && come && isOn) {
        this.control.edit(host, (state) => switchFlag(state, "client", true));
      }
      // Who has come is looked at again when the policy is lifted.
      if (isRuled) this.isClientOpen = true;
    } else if (this.ofKind("client").some((one) => one.isUncertain)) {
      // That one may hold the role already, or not.
      this.isClientOpen = true;
    }
    await this.assertUndisturbed();
  }

  /** Somebody adds an entry under a free number: with the policy editor, or straight into HKLM. */
  private add(data: string, by: Hand): void {
    const key = spnKey(data);
    if (by === "file") this.wasPending = true;
    const ours = this.resources.filter(
      (it) => it.isKnown && it.definition.list !== null,
    );
    const count = (store: Store): number =>
      listOf(this.fleet, store).values.filter((v) => spnKey(v.data) === key)
        .length;
    const isMissing = count("local") === 0 || count("live") === 0;
    // What somebody puts where ours is missing, or may be on its way, counts as ours.
    if (ours.some((it) => it.entries.includes(key)) && isMissing) return;
    if (ours.some((it) => !it.isSteady) && shared.includes(key)) return;
    if (by === "editor" && this.wouldUndo()) return;
    // A number that the last pass wrote is free only after the next, which takes it away, whoever has it by then.
    const taken = [this.fleet, this.control].flatMap((fleet) => {
      const facts = factsOf(fleet.state(host));
      return (["local", "live", "applied"] as const).flatMap((store) =>
        facts[store][policy].values.map(({ name }) => Number(name) || 0),
      );
    });
    const free = [1, 2, 3, 4, 5, 6, 7, 8, 9].find((n) => !taken.includes(n));
    const name = String(free ?? Math.max(0, ...taken) + 1);
    this.everywhere((state) => {
      const added = (store: Store, from: HostState): HostState =>
        putList(from, store, policy, {
          values: [...factsOf(from)[store][policy].values, { name, data }],
        });
      if (by === "hklm") return added("live", state);
      const edited = added("local", state);
      return by === "file" ? edited : policyPass(edited);
    });
  }

  /** There are, or may be, instances both of ours and of others. */
  private isShared(key: string): boolean {
    if (this.wasPending && shared.includes(key)) return true;
    return (["local", "live"] as const).some((store) => {
      const [here, there] = [this.fleet, this.control].map(
        (fleet) =>
          listOf(fleet, store).values.filter((v) => spnKey(v.data) === key)
            .length,
      );
      return there !== 0 && here !== there;
    });
  }

  /** Somebody takes an SPN out, whoever had put it there. */
  private revoke(data: string, by: Hand): void {
    const key = spnKey(data);
    if (by === "editor" && this.wouldUndo()) return;
    // Who takes ours out and leaves an instance of somebody else's makes theirs look like ours.
    if (this.isShared(key)) return;
    this.everywhere((state) => {
      const removed = (store: Store): HostState =>
        putList(state, store, policy, {
          values: factsOf(state)[store][policy].values.filter(
            (value) => spnKey(value.data) !== key,
          ),
        });
      if (by === "hklm") return removed("live");
      return by === "file" ? removed("local") : policyPass(removed("local"));
    });
  }

  private switch(role: Role, on: boolean): void {
    const isOurs = this.resources.some(
      (it) => it.definition.role === role && it.isKnown,
    );
    // Off and on again between two runs of ours changes nothing that can be seen.
    if ((isOurs || this.mayOwe) && on) return;
    const flag = factsOf(this.fleet.state(host))[role];
    if (flag.on === on || flag.source === "policy") return;
    this.everywhere((state) => switchFlag(state, role, on));
  }

  /** A policy rules a role, or no longer does. */
  private rule(role: Role, value: 0 | 1 | null): void {
    this.everywhere((state) => ruleFlag(state, role, value));
  }

  /** Somebody sets a DWORD with the policy editor. */
  private set(which: "switch" | "concatenate", value: number | null): void {
    const ours = this.resources.filter(
      (it) => it.definition.list !== null && it.isKnown,
    );
    // What we set ourselves, or are just about to, cannot be told from ours.
    if (ours.some((it) => !it.isSteady)) return;
    if (ours.length > 0 && which === "concatenate" && value === 1) return;
    const declared = ours.some((it) => it.enabled === true) ? 1 : 0;
    if (ours.length > 0 && which === "switch" && value === declared) return;
    this.everywhere((state) =>
      policyPass(
        (["local", "live"] as const).reduce(
          (next, store) => putList(next, store, policy, { [which]: value }),
          state,
        ),
      ),
    );
  }

  /** The ledger is gone; everything of ours is refreshed and claimed again at once. */
  private async lose(how: "deleted" | "imaged"): Promise<void> {
    // What is owed, and which live copy of a pending entry is ours, only the ledger knows.
    if (this.mayOwe || this.wasPending) return;
    const ours = this.resources.filter(({ isKnown }) => isKnown);
    if (ours.some((it) => !it.isSteady)) return;
    for (const it of ours) await it.refresh();
    if (how === "deleted") {
      this.fleet.edit(host, (state) => ({ ...state, ledger: null }));
    } else {
      this.images++;
      this.everywhere((state) => ({
        ...state,
        computer: { ...state.computer, machineGuid: `machine-${this.images}` },
      }));
      // A ledger that nobody claims again is of no host any more.
      if (ours.length === 0) return;
    }
    this.hasLostDwords = true;
    this.known = wsmanOf(this.control);
    for (const it of ours) {
      await it.refresh();
      await it.converge();
      await it.refresh();
      assert.equal(await it.differs(), false, `${it.name} is not claimed`);
    }
  }

  /** Before a client is converged: the role may still be, or be again, in others' hands. */
  private lookAtClient(it: Declared): void {
    if (it.definition.role !== "client") return;
    const isFirst = !this.ofKind("client").some(
      (one) => one !== it && one.isKnown,
    );
    const { on, source } = factsOf(this.fleet.state(host)).client;
    if (
      (!on && source === "local") ||
      (isFirst && it.outputs === null && it.repeat === null)
    ) {
      this.known = wsmanOf(this.control);
    }
  }

  /** Another resource of ours says the opposite, or did when it was last written. */
  private contradicts(it: Declared): boolean {
    return this.resources.some(
      (one) =>
        one !== it &&
        one.isKnown &&
        one.definition.list !== null &&
        it.definition.list !== null &&
        (one.enabled !== it.enabled || !one.isSteady),
    );
  }

  /** A pass would put our DWORD back over what somebody else wrote into HKLM, unseen by us. */
  private wouldUndo(): boolean {
    const [ours, theirs] = [
      listOf(this.fleet, "local"),
      listOf(this.control, "local"),
    ];
    const live = listOf(this.fleet, "live");
    return (["switch", "concatenate"] as const).some(
      (which) => ours[which] !== theirs[which] && ours[which] !== live[which],
    );
  }

  /** What of a declaration is not so, now or after the next policy pass; null when all is. */
  private lacking(it: Declared, when: "now" | "after a pass"): string | null {
    const state = this.fleet.state(host);
    const facts = factsOf(when === "now" ? state : policyPass(state));
    const { role, list } = it.definition;
    if (role && !facts[role].on) return `${it.name} is off ${when}`;
    if (!list) return null;
    const live = facts.live[policy];
    if (live.switch !== (it.enabled === true ? 1 : 0)) {
      return `the switch of ${it.name} is ${live.switch} ${when}`;
    }
    const present = new Set(live.values.map(({ data }) => spnKey(data)));
    const missing = it.entries.find((key) => !present.has(key));
    return missing ? `${missing} of ${it.name} is not live ${when}` : null;
  }

  /** The entries of others that the next policy pass takes away. */
  private going(): readonly string[] {
    const state = this.control.state(host);
    const keys = (one: HostState): readonly string[] =>
      factsOf(one).live[policy].values.map(({ data }) => spnKey(data));
    const kept = keys(policyPass(state));
    return keys(state).filter((key) => !kept.includes(key));
  }

  /** No stack sees another's work as drift. */
  private async assertUndisturbed(): Promise<void> {
    for (const it of this.resources) {
      if (!it.isSteady) continue;
      await it.refresh();
      assert.ok(it.outputs !== null, `${it.name} is gone`);
      assert.equal(await it.differs(), false, `${it.name} was disturbed`);
      assert.equal(this.lacking(it, "now"), null);
    }
  }

  /** Everything of others is still there: under its own number, or, where it is one of several alike, as often. */
  private assertForeign(): void {
    for (const store of ["local", "live"] as const) {
      const here = listOf(this.fleet, store).values.map(asText);
      const going = this.going();
      const there = listOf(this.control, store)
        .values.filter(({ data }) => !going.includes(spnKey(data)))
        .map(asText);
      for (const text of there) {
        const data = text.slice(text.indexOf("=") + 1);
        const same = (one: string): boolean =>
          shared.includes(data) ? one.endsWith(`=${data}`) : one === text;
        assert.ok(
          here.filter(same).length >= there.filter(same).length,
          `${store} lost ${text}`,
        );
      }
    }
  }

  /** Others have been at work: who lacks something by now has drifted. */
  private lookForDrift(going: readonly string[] = []): void {
    for (const it of this.resources) {
      it.isSteady &&=
        this.lacking(it, "now") === null &&
        !it.entries.some((key) => going.includes(key));
    }
  }

  private arm(crash: Crash | null, staleAt: number | null): void {
    this.crash = crash;
    this.staleAt = staleAt;
    this.batches = 0;
    this.hasCrashed = false;
    // A cmdlet of ours may bring the pass.
    this.lookForDrift(this.going());
  }

  private disarm(): Crash["how"] | null {
    const how = this.hasCrashed ? (this.crash?.how ?? null) : null;
    this.crash = null;
    this.staleAt = null;
    this.isDown = false;
    return how;
  }

  private readonly connect: Connect = (name, address) => {
    const inner = this.fleet.connect(name, address);
    const outer: Host = {
      observe: async () => {
        if (this.isDown) throw crashed();
        return inner.observe();
      },
      apply: async (batch, planned) => {
        if (this.isDown) throw crashed();
        this.batches++;
        if (this.batches === this.staleAt) this.add("TERMSRV/new01", "editor");
        if (this.crash?.at === this.batches) {
          const part = firstSteps(batch, this.crash);
          if (part.length > 0) await inner.apply(part, planned);
          this.hasCrashed = true;
          this.isDown = this.crash.how !== "error";
          throw crashed();
        }
        const applied = await inner.apply(batch, planned);
        if (applied.outcome !== "stale") this.written += batch.length;
        return applied;
      },
    };
    return outer;
  };

  private everywhere(change: (state: HostState) => HostState): void {
    this.fleet.edit(host, change);
    this.control.edit(host, change);
    this.lookForDrift();
  }

  private of(name: Name): Declared {
    const found = this.resources.find((it) => it.name === name);
    assert.ok(found);
    return found;
  }

  private ofKind(kind: Kind): readonly Declared[] {
    return this.resources.filter((it) => kindOf(it.name) === kind);
  }
}

const asText = ({ name, data }: ListValue): string => `${name}=${spnKey(data)}`;

/** What others and ours both have entries for: which of them is whose nobody can tell. */
const shared = hosts.map((name) => `wsman/${name}`);

/** What of a batch is carried out before the crash. */
function firstSteps(batch: Batch, { steps, half }: Crash): Batch {
  const next = batch[steps];
  const nothing = { add: [], remove: [] };
  return [
    ...batch.slice(0, steps),
    ...(half && next?.kind === "writePolicy"
      ? [{ ...next, live: nothing }]
      : []),
  ];
}

describe("a host with many owners, crashes and other people's hands", () => {
  it("loses nothing of others, has what was declared, and ends as before", async () => {
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.array(action, { maxLength: 20, size: "max" }),
        async (given, actions) => {
          const simulation = new Simulation(given);
          for (const one of actions) await simulation.act(one);
          await simulation.end();
        },
      ),
      { numRuns: Number(process.env["CREDSSP_TEST_RUNS"] ?? 300) },
    );
  }).timeout(0);
});
