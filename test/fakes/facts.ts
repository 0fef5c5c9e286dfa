import {
  emptyList,
  type HostFacts,
  type ListState,
} from "../../providers/model/facts";
import { formatLedger, type Ledger } from "../../providers/model/ledger";
import {
  nothingAdded,
  type Desired,
  type Request,
} from "../../providers/model/request";

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
  live: { AllowFreshCredentials: emptyList },
  local: { AllowFreshCredentials: emptyList },
  applied: { AllowFreshCredentials: emptyList },
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
  rest: Partial<ListState> = {},
): ListState {
  return {
    switch: 1,
    concatenate: 1,
    values: entries.map((data, i) => ({ name: String(i + 1), data })),
    ...rest,
  };
}

/** Facts with the same list in both stores, as after a policy pass. */
export function withList(
  state: ListState,
  rest: Partial<HostFacts> = {},
): HostFacts {
  return {
    ...freshFacts,
    live: { AllowFreshCredentials: state },
    local: { AllowFreshCredentials: state },
    applied: { AllowFreshCredentials: state },
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
    },
  };
}
