import type { LocalPolicyOff } from "../../model/facts";
import { credsspTool, registryExtension } from "../../model/gptIni";
import { dwordOf } from "./registry";
import type { Registry } from "./registry";
import type { HostState, LocalPolicy } from "./state";

/** Who saved the policy; gpt.ini remembers it beside the registry extension. */
export const tools = {
  /** Enable-WSManCredSSP (CredSSP.cs in PowerShell/PowerShell), and this package's own writer. */
  enable: credsspTool,
  /** Disable-WSManCredSSP (CredSSP.cs in PowerShell/PowerShell). */
  disable: "{6AD20875-336C-4E22-968F-C709ACB15814}",
  /** The administrative templates of the policy editor ([MS-GPREG]). */
  editor: "{D02B1F72-3407-48AE-BA88-E8213C6761F1}",
} as const;

/** Local policy before anybody edited it. */
export const emptyPolicy: LocalPolicy = {
  machineVersion: 0,
  userVersion: 0,
  extensions: "",
  machineDisabled: false,
  registryPol: {},
};

/** The content of Registry.pol; empty without the file. */
export function registryPolOf(state: HostState): Registry {
  return state.localPolicy?.registryPol ?? {};
}

/** With new content in Registry.pol, under a new machine version in gpt.ini. No policy pass follows by itself. */
export function writeLocalPolicy(
  state: HostState,
  registryPol: Registry,
  tool: string,
): HostState {
  const old = state.localPolicy ?? emptyPolicy;
  return {
    ...state,
    localPolicy: {
      ...old,
      // Each half is 16 bits wide, and 0 would mean that nothing was ever edited.
      machineVersion: (old.machineVersion % 0xffff) + 1,
      extensions: withExtension(old.extensions, registryExtension, tool),
      registryPol,
    },
  };
}

/** With new content in Registry.pol and nothing else: what somebody does who writes the file by hand. */
export function replaceRegistryPol(
  state: HostState,
  registryPol: Registry,
): HostState {
  const old = state.localPolicy ?? { ...emptyPolicy, machineVersion: 1 };
  return { ...state, localPolicy: { ...old, registryPol } };
}

/**
 * `gPCMachineExtensionNames` with an extension and a tool in it: `[{extension}{tool}{tool}]`,
 * everything sorted, as IGroupPolicyObject::Save keeps it.
 */
export function withExtension(
  names: string,
  extension: string,
  tool: string,
): string {
  const pairs = new Map<string, Set<string>>();
  for (const [, pair = ""] of names.matchAll(/\[([^\]]*)\]/g)) {
    const [first, ...rest] = pair.toUpperCase().match(/\{[^}]*\}/g) ?? [];
    if (first !== undefined) pairs.set(first, new Set(rest));
  }
  pairs.set(extension, (pairs.get(extension) ?? new Set()).add(tool));
  return [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([first, rest]) => `[${first}${[...rest].sort().join("")}]`)
    .join("");
}

/** Windows Home has no local policy (AutomatedLab#1078). */
const homeEdition = /^Core(N|SingleLanguage|CountrySpecific)?$/;

/** Where "Turn off Local Group Policy Objects processing" stands, below HKLM (GroupPolicy.admx). */
export const processing = {
  key: "Software\\Policies\\Microsoft\\Windows\\System",
  name: "DisableLGPOProcessing",
} as const;

/** Why local policy cannot reach HKLM on this host, as far as the host shows it. */
export function localPolicyOff(state: HostState): LocalPolicyOff | null {
  if (dwordOf(state.hklm, processing.key, processing.name) === 1)
    return "disabledByPolicy";
  if (homeEdition.test(state.computer.edition)) return "homeEdition";
  return state.localPolicy?.machineDisabled === true
    ? "machineHalfDisabled"
    : null;
}
