import assert from "node:assert/strict";
import { putList, switchFlag } from "../../providers/host/simulated/hands";
import { readList, replaceList } from "../../providers/host/simulated/lists";
import type { HostState } from "../../providers/host/simulated/state";
import { isBroad, isWsman, spnKey } from "../../providers/model/delegates";
import type { ListValue, PolicyState, Role } from "../../providers/model/facts";
import {
  listKeyOf,
  policyOf,
  type PolicyName,
} from "../../providers/model/policies";
import type { Store } from "../../providers/model/ledger";
import { holds } from "../../providers/model/policyFacts";
import type { Declared } from "./declared";
import {
  countIn,
  isDomains,
  keysIn,
  policyIn,
  roleIn,
  stores,
  wouldBe,
  type Site,
} from "./site";

type Keys = ReadonlySet<string>;

/** The SPNs of a list in either store. */
function keysOf(state: HostState, policy: PolicyName): Keys {
  return new Set(stores.flatMap((store) => keysIn(state, store, policy)));
}

/** The SPNs of a list that others than the domain have there: the domain's need no switch of ours. */
function othersOf(state: HostState, policy: PolicyName): Keys {
  const live = policyIn(state, "live", policy)
    .values.filter((value) => !isDomains(state, policy, value))
    .map(({ data }) => spnKey(data));
  return new Set([...keysIn(state, "local", policy), ...live]);
}

const fresh: PolicyName = "AllowFreshCredentials";

/** The `wsman` entries of others: those live by the client role. */
const wsmanOf = (state: HostState): Keys =>
  new Set([...keysOf(state, fresh)].filter(isWsman));

const less = (all: Keys, known: Keys): readonly string[] =>
  [...all].filter((key) => !known.has(key));

/**
 * What the control world of a site cannot know by itself: who has come to use what we
 * switched on, what we took over, and what nobody can tell any more.
 */
export class Oracle {
  /** Local policy never reaches HKLM. */
  neverApplies = false;
  /** An entry of somebody's stood in local policy without being live: which live copy is whose is guesswork then. */
  wasPending = false;
  /** A role was destroyed under policy: whoever comes next may have to switch it off. */
  mayOwe = false;
  /** A client was destroyed under policy, or beside one half done: whether the role stays on is not followed any more. */
  private isClientOpen = false;
  /** The same for the switches of a list. */
  private readonly openLists = new Set<PolicyName>();
  /** What others had when a list, or the client role, was last switched by others' hands. */
  private readonly known = new Map<PolicyName | "client", Keys>();
  /** Names of others' values that an unfinished `adopt` may have taken over, or `exclusive` not given back: by policy and key. */
  private readonly doubtful = new Map<string, Set<string>>();
  private readonly moved = new Set<PolicyName>();
  /** The ledger was lost: what it said of DWORDs is only in the outputs. */
  isDwordLost = false;
  /** Something was taken over: how many instances of an entry, only the ledger knows. */
  hasAdopted = false;
  /** DWORDs of others that `adopt` may have taken over. */
  private readonly doubtfulDwords = new Set<PolicyName>();
  /** A role that `adopt` may have taken over. */
  private readonly doubtfulRoles = new Set<Role>();
  /** Policy has ruled a role: what was there before us may be unknown to us. */
  private readonly wasRuled = new Set<Role>();

  constructor(private readonly site: Site) {}

  /** Whether an instance of others may have become ours. */
  isDoubtful(policy: PolicyName, { name, data }: ListValue): boolean {
    const names = this.doubtful.get(`${policy}/${spnKey(data)}`);
    return names !== undefined && (names.has(name) || this.moved.has(policy));
  }

  /** What others have of an entry by now may be ours. */
  private doubt(policy: PolicyName, key: string): void {
    const names = stores.flatMap((store) =>
      policyIn(this.site.theirs, store, policy)
        .values.filter(({ data }) => spnKey(data) === key)
        .map(({ name }) => name),
    );
    const known = this.doubtful.get(`${policy}/${key}`) ?? [];
    this.doubtful.set(`${policy}/${key}`, new Set([...known, ...names]));
  }

  /** Whether others' entries of a list may have other numbers than before: `exclusive` has put them back. */
  hasMoved(policy: PolicyName): boolean {
    return this.moved.has(policy);
  }

  /** Whether a DWORD may differ from others' without a record: it was left to newcomers, or taken over. */
  isDwordOpen(policy: PolicyName): boolean {
    return (
      this.isDwordLost ||
      this.openLists.has(policy) ||
      this.doubtfulDwords.has(policy)
    );
  }

  /** Before an up of a resource: what it finds in others' hands. The answer is told how the up ended. */
  beforeUp(it: Declared): (isFinished: boolean) => void {
    const { here, theirs } = this.site;
    const ends: ((isFinished: boolean) => void)[] = [];
    const meet = (
      what: PolicyName | "client",
      isMet: boolean,
      isFirst: boolean,
      others: Keys,
    ): void => {
      if (!isMet) return;
      ends.push((isFinished) => {
        const old = this.known.get(what);
        // Nobody knows whether the ledger has seen them: then both may be so.
        const both = [...others].filter((key) => old?.has(key) ?? true);
        this.known.set(what, isFinished || isFirst ? others : new Set(both));
      });
    };
    const { policy } = it;
    if (policy && listKeyOf(policy) !== null) {
      const isFirst = this.site
        .on(policy)
        .every((one) => one === it && !it.isKnown);
      const isWrong =
        policyIn(here, "live", policy).switch !== Number(it.enabled);
      // What is taken over is others' no more: whoever has an entry counts as new.
      const others = it.allows("adopt")
        ? new Set<string>()
        : othersOf(theirs, policy);
      meet(policy, isFirst || isWrong || it.allows("adopt"), isFirst, others);
    }
    const { role } = it.definition;
    if (role === "client") {
      const { on, source } = roleIn(here, role);
      const isFirst = this.site
        .wanting(role)
        .every((one) => one === it && !it.isKnown);
      meet(
        "client",
        isFirst || (!on && source === "local"),
        isFirst,
        wsmanOf(theirs),
      );
    }
    if (role && roleIn(here, role).source === "policy") this.wasRuled.add(role);
    const alone = this.theirsAlone(it);
    if (it.allows("adopt")) {
      this.hasAdopted = true;
      ends.push((isFinished) => this.adopt(it, isFinished, alone));
    }
    const wasExclusive = it.isExclusive || it.wantsAlone;
    ends.push((isFinished) => {
      if (wasExclusive && !(isFinished && it.isExclusive)) {
        this.giveBack(it, isFinished);
      }
    });
    return (isFinished) => ends.forEach((end) => end(isFinished));
  }

  /** Which of its declared entries are others' alone until now. */
  private theirsAlone(it: Declared): Keys {
    const { policy } = it;
    if (policy === null) return new Set();
    const { here, theirs } = this.site;
    const others = this.site.on(policy).filter((one) => one !== it);
    const isAlone = (key: string): boolean =>
      !(it.isKnown && it.mayHold(key)) &&
      !others.some((one) => one.mayHold(key)) &&
      stores.every(
        (store) =>
          countIn(here, store, policy, key) ===
          countIn(theirs, store, policy, key),
      );
    return new Set(it.entries.filter(isAlone));
  }

  /** What was taken over is gone at the end: so the control has it no more. */
  private adopt(it: Declared, isFinished: boolean, alone: Keys): void {
    const { policy } = it;
    if (policy) {
      for (const key of it.entries) {
        if (isFinished && alone.has(key)) this.drop(policy, [key]);
        else this.doubt(policy, key);
      }
      // A DWORD is taken over only where it stands as declared, and nobody of ours had it before.
      this.doubtfulDwords.add(policy);
    }
    const { role } = it.definition;
    if (role === null) return;
    const isLocal = roleIn(this.site.here, role).source === "local";
    if (isFinished && isLocal && !this.wasRuled.has(role)) {
      this.site.editTheirs((state) => switchFlag(state, role, false));
    } else this.doubtfulRoles.add(role);
  }

  /** Entries leave the control, in both stores; the domain's are nobody's to take. */
  private drop(
    policy: PolicyName,
    keys: readonly string[],
    isKept: (store: Store, value: ListValue) => boolean = () => false,
  ): void {
    this.site.editTheirs((state) =>
      stores.reduce((next, store) => {
        const { values } = policyIn(next, store, policy);
        const kept = values.filter(
          (value) =>
            !keys.includes(spnKey(value.data)) ||
            (store === "live" && isDomains(next, policy, value)) ||
            isKept(store, value),
        );
        return kept.length === values.length
          ? next
          : putList(next, store, policy, { values: kept });
      }, state),
    );
  }

  /** A list is nobody's alone any more: what is too broad stays away without permission. */
  private giveBack(it: Declared, isFinished: boolean): void {
    const { policy, site } = it;
    if (policy === null) return;
    this.moved.add(policy);
    if (policyOf(policy).deniedBy === undefined) return;
    const others = site
      .on(policy)
      .filter((one) => one !== it && one.isExclusive);
    const isVague = !isFinished || others.some((one) => one.isUncertain);
    if (others.length > 0 && !isVague) return;
    const broad = [...keysOf(site.theirs, policy)].filter(isBroad);
    for (const key of broad) {
      if (isVague) this.doubt(policy, key);
      else if (!it.allows("allowBroadDelegation")) {
        const { here } = site;
        this.drop(policy, [key], (store, value) =>
          holds(policyIn(here, store, policy), value),
        );
      }
    }
  }

  /**
   * After a destroy, whether it failed or not: who has come to use what we had switched on keeps it.
   * @param before the host before the destroy.
   */
  afterDestroy(
    it: Declared,
    before: HostState,
    isFinished: boolean,
    wasExclusive: boolean,
  ): void {
    // A lost owner of it keeps the list to itself until it is released.
    const isStillExclusive = it.isKnown && it.isExclusive;
    if (wasExclusive && !(isFinished && isStillExclusive)) {
      this.giveBack(it, isFinished);
    }
    const { role } = it.definition;
    const isRuled =
      role !== null && roleIn(this.site.here, role).source === "policy";
    if (isRuled) this.mayOwe = true;
    if (role === "client") this.leaveRole(before, isRuled);
    else if (this.site.wanting("client").some((one) => one.isUncertain)) {
      this.isClientOpen = true;
    }
    if (it.policy && listKeyOf(it.policy) !== null)
      this.leaveList(it.policy, before);
  }

  /** Who was there already, but for those who may have been taken over: another instance of such an entry is new. */
  private knownIn(what: PolicyName | "client", policy: PolicyName): Keys {
    const known = [...(this.known.get(what) ?? [])];
    return new Set(
      known.filter((key) => !this.doubtful.has(`${policy}/${key}`)),
    );
  }

  private leaveRole(before: HostState, isRuled: boolean): void {
    const { here, theirs } = this.site;
    const left = this.site.wanting("client");
    if (left.length > 0) {
      // That one may hold the role already, or not.
      if (left.some((one) => one.isUncertain)) this.isClientOpen = true;
      return;
    }
    const come = less(wsmanOf(theirs), this.knownIn("client", fresh));
    // Somebody else has come to delegate by the role: it is theirs now.
    if (
      before.winrm.clientCredSSP &&
      come.length > 0 &&
      here.winrm.clientCredSSP
    ) {
      this.site.editTheirs((state) => switchFlag(state, "client", true));
    }
    // Who has come is looked at again when the policy is lifted.
    if (isRuled) this.isClientOpen = true;
  }

  private leaveList(policy: PolicyName, before: HostState): void {
    const { here, theirs } = this.site;
    const left = this.site.on(policy);
    if (left.length > 0) {
      if (left.some((one) => one.isUncertain)) this.openLists.add(policy);
      return;
    }
    const come = less(othersOf(theirs, policy), this.knownIn(policy, policy));
    const wasOn = policyIn(before, "live", policy).switch === 1;
    if (
      wasOn &&
      come.length > 0 &&
      policyIn(here, "live", policy).switch === 1
    ) {
      this.giveSwitches(policy);
    }
    // Before a pass of the control brings once more what is gone here.
    if (this.doubtfulDwords.has(policy)) this.settleDwords(policy);
  }

  /** The list is theirs from now on, as it stands, and as the last pass wrote it. */
  private giveSwitches(policy: PolicyName): void {
    const { here } = this.site;
    const dwordsOf = ({ switch: enabled, concatenate }: PolicyState) => ({
      switch: enabled,
      concatenate,
    });
    this.site.editTheirs((state) => {
      const given = stores.reduce(
        (next, store) =>
          putList(next, store, policy, dwordsOf(policyIn(here, store, policy))),
        state,
      );
      const passed = dwordsOf(readList(here.applied, policy));
      return { ...given, applied: replaceList(given.applied, policy, passed) };
    });
  }

  /** A ledger is begun anew: everybody of now was there before it. */
  forgetNewcomers(): void {
    this.known.set("client", wsmanOf(this.site.theirs));
    for (const policy of this.site.policies) {
      this.known.set(policy, othersOf(this.site.theirs, policy));
    }
  }

  /** At the end the control gets what nobody could follow. */
  settleDoubts(): void {
    const { here, site } = { here: this.site.here, site: this.site };
    const { clientCredSSP, serviceCredSSP } = here.winrm;
    if (
      this.isClientOpen ||
      (this.doubtfulRoles.has("client") && !clientCredSSP)
    ) {
      site.editTheirs((s) => switchFlag(s, "client", clientCredSSP));
    }
    if (this.doubtfulRoles.has("service") && !serviceCredSSP) {
      site.editTheirs((s) => switchFlag(s, "service", false));
    }
    for (const policy of this.openLists) {
      // The domain may hold it off by now: what was left to others stands in local policy.
      const isOn = stores.some(
        (store) => policyIn(wouldBe(here), store, policy).switch === 1,
      );
      if (isOn) this.giveSwitches(policy);
    }
    for (const policy of this.doubtfulDwords) this.settleDwords(policy);
    for (const [one, names] of this.doubtful) {
      const [policy, key] = split(one);
      this.trim(policy, key, names);
    }
  }

  /** What `adopt` took over of a list's DWORDs is gone. */
  private settleDwords(policy: PolicyName): void {
    const { here } = this.site;
    // What was taken over in local policy before a pass had made it live never came to HKLM here.
    const isPendingTaken =
      policyIn(here, "local", policy).switch === null &&
      policyIn(this.site.theirs, "local", policy).switch !== null;
    // Whose "concatenate" it was when the list was taken over, a pass may have changed since.
    const takenFrom = (now: PolicyState, next = now) => ({
      ...(isPendingTaken && { switch: now.switch }),
      ...((now.switch === null || next.switch === null) && { switch: null }),
      concatenate: now.concatenate,
    });
    this.site.editTheirs((state) => {
      const settled = stores.reduce(
        (next, store) =>
          putList(
            next,
            store,
            policy,
            takenFrom(
              policyIn(here, store, policy),
              policyIn(wouldBe(here), store, policy),
            ),
          ),
        state,
      );
      // Nor does a pass of the control bring back, or take away, what none would here.
      const passed = takenFrom(readList(here.applied, policy));
      return {
        ...settled,
        applied: replaceList(settled.applied, policy, passed),
      };
    });
  }

  /** The control keeps no more instances than there are: those go first that may have been ours. */
  private trim(policy: PolicyName, key: string, names: Keys): void {
    const isAlike = ({ data }: ListValue): boolean => spnKey(data) === key;
    for (const store of stores) {
      // A pass has still to bring what was put back into local policy, and to take away what left it.
      const excess = (): number => {
        const [now, then] = [this.site.here, this.site.theirs].map((state) =>
          countIn(wouldBe(state), store, policy, key),
        ) as [number, number];
        return then - now;
      };
      const { values } = policyIn(this.site.theirs, store, policy);
      const alike = values.filter(isAlike);
      for (const one of [
        ...alike.filter(({ name }) => names.has(name)),
        ...alike.filter(({ name }) => !names.has(name)),
      ]) {
        if (excess() <= 0) break;
        this.site.editTheirs((state) => {
          const all = policyIn(state, store, policy).values;
          const kept = all.filter(({ name }) => name !== one.name);
          return putList(state, store, policy, { values: kept });
        });
      }
    }
  }
}

function split(one: string): readonly [PolicyName, string] {
  const slash = one.indexOf("/");
  assert.ok(slash > 0);
  return [one.slice(0, slash) as PolicyName, one.slice(slash + 1)];
}
