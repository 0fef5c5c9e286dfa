import type { Host } from "../../providers/host/host";
import type { PolicyState, Role } from "../../providers/model/facts";
import type { PolicyName } from "../../providers/model/policies";
import type { Step } from "../../providers/model/steps";
import { batches } from "./cases/batches";
import { clientCmdlets } from "./cases/clientCmdlets";
import { domainPolicy } from "./cases/domainPolicy";
import { everyPolicy } from "./cases/everyPolicy";
import { listWriting } from "./cases/listWriting";
import { observing } from "./cases/observing";
import { serverAndFlags } from "./cases/serverAndFlags";
import { serviceStart } from "./cases/serviceStart";

/** Which of the two places that hold a policy: HKLM, or Registry.pol below System32\GroupPolicy. */
export type Store = "live" | "local";

/** One entry of Registry.pol, undecoded: `type` is the registry's (1 REG_SZ, 4 REG_DWORD), `data` its bytes in hex. */
export interface PolicyEntry {
  readonly key: string;
  readonly name: string;
  readonly type: number;
  readonly data: string;
}

/**
 * What hands behind the adapter's back do to the host.
 * - `flag`: WinRM's own setting of a role.
 * - `winrmPolicy`: `AllowCredSSP` below HKLM's WinRM policies; `null` removes it.
 * - `list`: the parts given replace those of the store; nothing else in it changes, and no policy pass follows.
 * - `domain`: the domain's policy object of this name sets exactly these parts of a policy, or (`null`) nothing of it;
 *   an object that sets nothing at all is gone. No policy pass follows.
 * - `localPolicyProcessing`: off is `DisableLGPOProcessing` at 1 in HKLM, on is that value gone. No policy pass follows.
 * - `service`: how WinRM's service stands with the service controller.
 * - `delegationKey`: HKLM's CredentialsDelegation key exists, empty.
 * - `foreignPolicy`: Registry.pol holds these entries beside what it held.
 * - `policyPass`: what `gpupdate /force` does, done when the edit returns.
 * - `policyDelay`: how long after a cmdlet's save local policy reaches HKLM.
 * - `damagedRegistryPol`: Registry.pol is there and is not a policy file.
 */
export type Edit =
  | { readonly kind: "flag"; readonly role: Role; readonly on: boolean }
  | {
      readonly kind: "winrmPolicy";
      readonly role: Role;
      readonly value: 0 | 1 | null;
    }
  | {
      readonly kind: "list";
      readonly store: Store;
      readonly policy: PolicyName;
      readonly list: Partial<PolicyState>;
    }
  | {
      readonly kind: "domain";
      readonly object: string;
      readonly policy: PolicyName;
      readonly sets: Partial<PolicyState> | null;
    }
  | { readonly kind: "localPolicyProcessing"; readonly on: boolean }
  | {
      readonly kind: "service";
      readonly status: "Running" | "Stopped";
      readonly startType: "Automatic" | "Manual" | "Disabled";
    }
  | { readonly kind: "delegationKey" }
  | { readonly kind: "foreignPolicy"; readonly entries: readonly PolicyEntry[] }
  | { readonly kind: "policyPass" }
  | { readonly kind: "ledger"; readonly text: string | null }
  | { readonly kind: "elevated"; readonly on: boolean }
  | { readonly kind: "policyDelay"; readonly ms: number }
  | { readonly kind: "policyNeverApplies"; readonly on: boolean }
  | { readonly kind: "crashEnableClient"; readonly on: boolean }
  | { readonly kind: "damagedRegistryPol" };

/** One fresh host in a domain, WinRM running, the caller elevated, everything of CredSSP off. */
export interface Bench {
  /** Another connection to the same host. */
  connect(): Host;
  /** Carries the edits out in order, behind the adapter's back. */
  edit(...edits: readonly Edit[]): Promise<void>;
  /** Every entry of Registry.pol as it stands; empty without the file. */
  localEntries(): Promise<readonly PolicyEntry[]>;
  /** Lets time pass on the host: really, or on its virtual clock. */
  pause(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * What a case may need of an adapter and its bench.
 * - `atOnce`: two connections really work at one time.
 * - `origins`: observations say which policy object of the domain set what.
 * - `appliedClears`: `applied` says that policy processing emptied a list before it wrote it.
 * - `twoObjects`: more than one policy object of the domain.
 * - `domainMember`: the host is in a domain.
 * - `minutes`: the case is one of many alike that take minutes together.
 */
export type Need =
  | Edit["kind"]
  | Step["kind"]
  | "localEntries"
  | "atOnce"
  | "origins"
  | "appliedClears"
  | "twoObjects"
  | "domainMember"
  | "minutes";

/** Why an adapter or its bench cannot give a need yet, in a few words for the title. */
export type Lacking = Partial<Record<Need, string>>;

/** Registers one case: a sentence, what it needs, and what it does with a bench of its own. */
export type Case = (
  sentence: string,
  needs: readonly Need[],
  run: (bench: Bench) => Promise<void>,
) => void;

/**
 * Holds an adapter to the port's contract. A case whose need is in `lacking`
 * is registered as skipped, with the reason in its title.
 */
export function contract(
  title: string,
  makeBench: () => Promise<Bench>,
  lacking: Lacking = {},
): void {
  const on: Case = (sentence, needs, run) => {
    const reason = needs.map((need) => lacking[need]).find((r) => r);
    if (reason !== undefined) {
      it.skip(`${sentence} (skipped: ${reason})`);
      return;
    }
    it(sentence, async () => {
      const bench = await makeBench();
      try {
        await run(bench);
      } finally {
        await bench.dispose();
      }
    });
  };
  describe(`${title} keeps the contract of a host`, function () {
    // A PowerShell session starts within seconds, and a cmdlet may look for its policy a minute long.
    this.timeout(120_000);
    describe("observing", () => observing(on));
    describe("the server role and the flags", () => serverAndFlags(on));
    describe("the client cmdlets", () => clientCmdlets(on));
    describe("writing lists", () => listWriting(on));
    describe("every policy", () => everyPolicy(on));
    describe("the domain's policy", () => domainPolicy(on));
    describe("the service", () => serviceStart(on));
    describe("batches", () => batches(on));
  });
}
