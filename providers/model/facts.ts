import { policyNames, type PolicyName } from "./policies";

/** Where a role's flag gets its value: policy wins over what WinRM has stored. */
export type FlagSource = "local" | "policy";

/** A role as WinRM's configuration shows it. */
export interface Flag {
  readonly on: boolean;
  readonly source: FlagSource;
}

/** `client` delegates credentials, `service` accepts them; WinRM's own names. */
export type Role = "client" | "service";

/** One entry of a list policy: a value's name ("1", "2", ...) and its data, an SPN. */
export interface ListValue {
  readonly name: string;
  readonly data: string;
}

/**
 * A policy as one store holds it. `null` stands for a DWORD that is absent.
 * The values keep the order of the store; a policy that is no list has none.
 */
export interface PolicyState {
  readonly switch: number | null;
  readonly concatenate: number | null;
  readonly values: readonly ListValue[];
  /** A policy file says that the list is emptied before the file's own values are written: others' do not survive it. */
  readonly clearsFirst?: true;
}

/**
 * The domain's policy objects that set a policy, by their names, where RSoP can say:
 * what is absent comes from local policy, or was written straight into HKLM.
 */
export interface Origin {
  readonly switch?: string;
  readonly concatenate?: string;
  /** By the value's name in lower case. */
  readonly values: Readonly<Record<string, string>>;
  /** The object that empties the list before its own values are written: the last, if several do. */
  readonly clearsFirst?: string;
}

/** All policies in one store. */
export type PolicyStates = Readonly<Record<PolicyName, PolicyState>>;

/** Why local policy cannot reach HKLM on a host. */
export type LocalPolicyOff =
  "disabledByPolicy" | "homeEdition" | "machineHalfDisabled";

/** What one observation of a host holds. Plain data: it travels, and it is hashed. */
export interface HostFacts {
  readonly computer: {
    /** The NetBIOS name, in capitals as Windows gives it. */
    readonly name: string;
    /** The DNS domain, or null in a workgroup. */
    readonly domain: string | null;
    /** Windows' version, for example `10.0.20348`. */
    readonly osVersion: string;
    /** `EditionID`, for example `ServerStandard`. */
    readonly edition: string;
    /** `HKLM\SOFTWARE\Microsoft\Cryptography`, `MachineGuid`: another one means an imaged host. */
    readonly machineGuid: string;
    readonly powershellVersion: string;
    /** A 32-bit process on a 64-bit Windows sees another registry and another System32. */
    readonly wow64: boolean;
  };
  /** The caller holds an enabled Administrators group. */
  readonly elevated: boolean;
  /** Asked of the service controller: the `WSMan:` drive may prompt or start the service. */
  readonly winrm: {
    readonly status: string;
    readonly startType: string;
  };
  readonly client: Flag;
  readonly service: Flag;
  /** The policies as they stand in HKLM: what Windows acts on. */
  readonly live: PolicyStates;
  /** Local policy (Registry.pol below System32\GroupPolicy): what a policy pass writes to HKLM. */
  readonly local: PolicyStates;
  /**
   * What policy processing wrote last, by its own archive (`%ProgramData%\ntuser.pol`):
   * the next pass takes away of it what no policy says any more, and nothing else.
   */
  readonly applied: PolicyStates;
  /** Which policy object of the domain set what, for policies that one has a say in; null where RSoP gives no answer. */
  readonly origins: Origins | null;
  /** Why Registry.pol cannot be read (with the offset), or null; `local` is then empty. */
  readonly localUnreadable: string | null;
  /** Why local policy cannot reach HKLM on this host, or null when it can. */
  readonly localPolicyOff: LocalPolicyOff | null;
  /** Another policy editor is open under this user: the cmdlets would edit its object too. */
  readonly openEditors: boolean;
  /** `AllowEncryptionOracle`: 0, 1, 2, or null where it is absent. */
  readonly encryptionOracle: number | null;
  /** Our ledger's text as it stands in the registry, or null where there is none. */
  readonly ledger: string | null;
  /**
   * An opaque hash, made on the host, for each part a plan may depend on.
   * A step is carried out only if they are still the same.
   */
  readonly fingerprint: Fingerprint;
}

/** The say of the domain in each policy. */
export type Origins = { readonly [P in PolicyName]?: Origin };

/** The parts of a host that can move between an observation and a step. */
export const fingerprintParts = ["roles", "live", "local", "ledger"] as const;

/** The name of a part that can move. */
export type FingerprintPart = (typeof fingerprintParts)[number];

/** A hash for every part. */
export type Fingerprint = Readonly<Record<FingerprintPart, string>>;

/** A policy that is not configured. */
export const notConfigured: PolicyState = {
  switch: null,
  concatenate: null,
  values: [],
};

/** A host without any policy. */
export const noPolicies = Object.fromEntries(
  policyNames.map((name) => [name, notConfigured]),
) as PolicyStates;
