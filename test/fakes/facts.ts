import {
  noPolicies,
  type HostFacts,
  type PolicyState,
} from "../../providers/model/facts";
import { formatLedger, type Ledger } from "../../providers/model/ledger";
import {
  noOptions,
  nothingAdded,
  type Desired,
  type DesiredPolicy,
  type Request,
} from "../../providers/model/request";
import type { PolicyName } from "../../providers/model/policies";

/** A fresh host: everything of CredSSP off, the caller elevated, WinRM running. */
export const freshFacts: HostFacts = {
  computer: {
    name: "ORCH01",
    domain: "do.local",
    osVersion: "10.0.20348",
    edition: "ServerStandard",
    machineGuid: "machine-1",
    powershellVersion: "5.1.20348.1",
    wow64: false,
  },
  elevated: true,
  winrm: { status: "Running", startType: "Automatic" },
  client: { on: false, source: "local" },
  service: { on: false, source: "local" },
  live: noPolicies,
  local: noPolicies,
  applied: noPolicies,
  origins: null,
  localUnreadable: null,
  localPolicyOff: null,
  openEditors: false,
  encryptionOracle: null,
  ledger: null,
  fingerprint: { roles: "", live: "", local: "", ledger: "" },
};

/** A list with its switches at 1, or as given, and entries numbered from 1. */
export function list(
  entries: readonly string[],
  rest: Partial<PolicyState> = {},
): PolicyState {
  return {
    switch: 1,
    concatenate: 1,
    values: entries.map((data, i) => ({ name: String(i + 1), data })),
    ...rest,
  };
}

/** Facts with the same list in both stores, as after a policy pass. */
export function withList(
  state: PolicyState,
  rest: Partial<HostFacts> = {},
): HostFacts {
  return {
    ...freshFacts,
    live: { ...noPolicies, AllowFreshCredentials: state },
    local: { ...noPolicies, AllowFreshCredentials: state },
    applied: { ...noPolicies, AllowFreshCredentials: state },
    ...rest,
  };
}

/** The text of a ledger of this host. */
export function ledgerText(records: Partial<Ledger>): string {
  return formatLedger({
    id: "ledger-1",
    machineGuid: "machine-1",
    flags: {},
    lists: {},
    ...records,
  });
}

/** A request by the owner "me". */
export function request(
  desired: Desired | null,
  rest: Partial<Request> = {},
): Request {
  return {
    owner: "me",
    formerOwners: [],
    desired,
    added: nothingAdded,
    newLedgerId: "ledger-1",
    cmdlet: "allowed",
    options: noOptions,
    travelsOnCredssp: false,
    ...rest,
  };
}

/** What a CredSSPServer desires. */
export const serverOn: Desired = { flag: "service", list: null };

/** What a CredSSPClient desires. */
export function clientFor(...names: readonly string[]): Desired {
  return {
    flag: "client",
    list: {
      policy: "AllowFreshCredentials",
      entries: names.map((name) => `wsman/${name}`),
      enabled: true,
      byCmdlet: true,
      concatenate: null,
      exclusive: false,
    },
  };
}

/** What a DelegationPolicy desires. */
export function policyOf(entries: readonly string[], enabled = true): Desired {
  return {
    flag: null,
    list: {
      policy: "AllowFreshCredentials",
      entries,
      enabled,
      byCmdlet: false,
      concatenate: null,
      exclusive: false,
    },
  };
}

/** What a DelegationPolicy desires of any policy. */
export function wish(
  policy: PolicyName,
  rest: Partial<DesiredPolicy> = {},
): Desired {
  return {
    flag: null,
    list: {
      policy,
      entries: [],
      enabled: true,
      byCmdlet: false,
      concatenate: null,
      exclusive: false,
      ...rest,
    },
  };
}

/**
 * Facts with a policy that only the domain sets, as after a policy pass, by its
 * object "Server baseline"; without RSoP only policy processing's archive tells.
 */
export function withDomain(
  policy: PolicyName,
  state: PolicyState,
  rest: Partial<HostFacts> & { readonly rsop?: boolean } = {},
): HostFacts {
  const { rsop = true, ...facts } = rest;
  const by = "Server baseline";
  const { clearsFirst: _, ...live } = state;
  const base = { ...freshFacts, ...facts };
  return {
    ...base,
    live: { ...base.live, [policy]: live },
    applied: { ...base.applied, [policy]: state },
    origins: rsop
      ? {
          ...base.origins,
          [policy]: {
            ...(state.switch !== null && { switch: by }),
            ...(state.concatenate !== null && { concatenate: by }),
            ...(state.clearsFirst && { clearsFirst: by }),
            values: Object.fromEntries(
              state.values.map(({ name }) => [name.toLowerCase(), by]),
            ),
          },
        }
      : null,
  };
}
