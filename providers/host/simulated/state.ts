import { createHash } from "node:crypto";
import type { Registry } from "./registry";

/** The shape of a host's file; another number means another version of this package wrote it. */
export const schema = 1;

/**
 * What can be wrong with a host. Absent means: not.
 * The words are also those of `pulumi-credssp fleet fault`.
 */
export interface Faults {
  /** The host does not answer. */
  readonly unreachable?: boolean;
  /** Nobody holds a full administrator's token. */
  readonly nonElevated?: boolean;
  /** How long after a cmdlet's save local policy reaches HKLM, in milliseconds (default 150). */
  readonly policyDelayMs?: number;
  /** No policy pass ever comes: HKLM stays as it is, whatever policy says. */
  readonly policyNeverApplies?: boolean;
  /** How often the client cmdlets look for their policy, a second apart (default 60, as in Windows). */
  readonly validateSeconds?: number;
  /** The policy object cannot be opened, which takes the session's process down (PowerShell#4784). */
  readonly crashEnableClient?: boolean;
  /** Registry.pol is no policy file. */
  readonly damagedRegistryPol?: boolean;
  /** Another policy editor is open under the caller. What it would save is not simulated. */
  readonly openEditors?: boolean;
  /** The session speaks ConstrainedLanguage. */
  readonly constrainedLanguage?: boolean;
  /** The session is a 32-bit process. */
  readonly wow64?: boolean;
  /** RSoP, the record of what policy processing did, gives no answer. */
  readonly rsopUnavailable?: boolean;
  /** Every session dies when so many steps of its batch are done; a shorter batch comes through. */
  readonly dieAfterSteps?: number;
  /** Every session dies in `writePolicy` when it has written local policy and before it writes HKLM. */
  readonly dieBetweenStores?: boolean;
}

/** A policy object of the domain that applies to a host. */
export interface DomainObject {
  /** As the domain's administrators call it. */
  readonly name: string;
  readonly registryPol: Registry;
}

/** The local policy object: System32\GroupPolicy with gpt.ini and Machine\Registry.pol. */
export interface LocalPolicy {
  /** The halves of gpt.ini's `Version`: Windows' editors raise one with every save. */
  readonly machineVersion: number;
  readonly userVersion: number;
  /** gpt.ini's `gPCMachineExtensionNames`: who processes this policy, and who edited it. */
  readonly extensions: string;
  /** gpt.ini's `Options` switches the machine half off. */
  readonly machineDisabled: boolean;
  readonly registryPol: Registry;
}

/** One simulated Windows host, as plain data. */
export interface HostState {
  readonly computer: {
    readonly name: string;
    readonly domain: string | null;
    readonly osVersion: string;
    readonly edition: string;
    readonly machineGuid: string;
  };
  readonly winrm: {
    readonly status: string;
    readonly startType: string;
    /** WinRM's own settings, winrm/config/client/auth and winrm/config/service/auth. Policy may overrule them. */
    readonly clientCredSSP: boolean;
    readonly serviceCredSSP: boolean;
  };
  /** The keys of HKLM that matter here. */
  readonly hklm: Registry;
  /** Null: no policy was ever edited on this host. */
  readonly localPolicy: LocalPolicy | null;
  /** The domain's policy objects that apply here, in the order of processing: the last one wins. */
  readonly domain: readonly DomainObject[];
  /**
   * What policy processing wrote last, from its archive %ProgramData%\ntuser.pol:
   * the settings of all policy merged, and which keys it emptied first.
   */
  readonly applied: Registry;
  /** What RSoP recorded then: in the place of each value that the domain won, the name of the object that set it. */
  readonly rsop: Registry;
  /** When a saved policy reaches HKLM (ISO 8601), or null when none is on its way. */
  readonly policyPassDue: string | null;
  /** The text of our own ledger, HKLM\SOFTWARE\pulumi-credssp, or null. */
  readonly ledger: string | null;
  readonly faults: Faults;
}

/**
 * A fresh member server by its declared name: `app01.do.local` is the computer
 * APP01 in the domain do.local, a name without a dot stands in a workgroup. Its
 * MachineGuid comes from the name, so that the same fleet can be made again.
 */
export function freshHost(declared: string): HostState {
  const host = declared.toLowerCase();
  const dot = host.indexOf(".");
  const label = dot < 0 ? host : host.slice(0, dot);
  return {
    computer: {
      name: label.toUpperCase().slice(0, 15),
      domain: dot < 0 ? null : host.slice(dot + 1),
      osVersion: "10.0.20348",
      edition: "ServerStandard",
      machineGuid: guidOf(host),
    },
    winrm: {
      status: "Running",
      startType: "Automatic",
      clientCredSSP: false,
      serviceCredSSP: false,
    },
    hklm: {},
    localPolicy: null,
    domain: [],
    applied: {},
    rsop: {},
    policyPassDue: null,
    ledger: null,
    faults: {},
  };
}

function guidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join("-");
}
