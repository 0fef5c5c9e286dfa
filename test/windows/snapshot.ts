import type { Role } from "../../providers/model/facts";
import { delegationKey, policyNames } from "../../providers/model/policies";
import {
  decodeRegistryPol,
  encodeRegistryPol,
  type PolEntry,
} from "../../providers/model/registryPol";
import { listKeyOf, policyOf } from "../../providers/model/policies";
import type { Deed } from "./hands";

/** A registry value: its type as .NET names it, and its data as one text. */
export interface Value {
  readonly name: string;
  readonly type: string;
  readonly data: string;
}

/** A registry key below HKLM with its values. */
export interface Key {
  readonly path: string;
  readonly values: readonly Value[];
}

/** One value of a key that holds much else. */
export interface Single {
  readonly path: string;
  readonly name: string;
  readonly keyThere: boolean;
  readonly value: Value | null;
}

/** All that the tests touch on a machine, as it stands. Files are base64; null is an absent one. */
export interface Snapshot {
  readonly keys: readonly Key[];
  readonly singles: readonly Single[];
  readonly registryPol: string | null;
  readonly gptIni: string | null;
  /** What policy processing wrote last. It is Windows' own and only looked at. */
  readonly archive: string | null;
  /** Which folders of the local group policy object there are: "" for the outer one, Machine, User. */
  readonly folders: readonly string[];
  readonly service: { readonly status: string; readonly startType: string };
}

/** What a machine shall be like; where gpt.ini may be anything, its absence here says so. */
export type Wanted = Omit<Snapshot, "archive" | "gptIni" | "folders"> &
  Partial<Pick<Snapshot, "gptIni" | "folders">>;

const wsmanKey = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WSMAN";
const winrmPolicies = "SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM";
const ledgerKey = "SOFTWARE\\pulumi-credssp";
const oracleKey =
  "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\CredSSP";

/** The registry of a snapshot: keys that are read whole, and single values of others. */
export const watched = {
  trees: [
    delegationKey,
    winrmPolicies,
    ledgerKey,
    oracleKey,
    // What the cases put into Registry.pol as somebody else's, should a policy pass carry it here.
    "SOFTWARE\\Other",
  ],
  places: [
    { path: `${wsmanKey}\\Client`, name: "auth_credssp" },
    { path: `${wsmanKey}\\Service`, name: "auth_credssp" },
    {
      path: "SOFTWARE\\Policies\\Microsoft\\Windows\\System",
      name: "DisableLGPOProcessing",
    },
    // Part of the start type "Automatic (Delayed Start)", which Set-Service of 5.1 does not know.
    {
      path: "SYSTEM\\CurrentControlSet\\Services\\WinRM",
      name: "DelayedAutostart",
    },
  ],
} as const;

/** The same machine with everything of CredSSP off and nothing of ours, but all of others as it was. */
export function freshOf(saved: Snapshot): Wanted {
  const { registryPol, service } = saved;
  const isNamed = (name: string) => (value: Value) => same(value.name, name);
  return {
    keys: saved.keys
      .filter(
        ({ path }) => !isWithin(path, delegationKey) && !same(path, ledgerKey),
      )
      .map(({ path, values }) => ({
        path,
        values: values.filter(
          (value) =>
            !isNamed("AllowCredSSP")(value) &&
            !isNamed("AllowEncryptionOracle")(value),
        ),
      })),
    singles: saved.singles.map((single) =>
      single.name === "DelayedAutostart" ? single : { ...single, value: null },
    ),
    registryPol: registryPol === null ? null : withoutOurs(registryPol),
    service: {
      status: "Running",
      startType:
        service.startType === "Disabled" ? "Automatic" : service.startType,
    },
  };
}

/** Registry.pol without the entries of our policies; one that held nothing else is absent. */
function withoutOurs(base64: string): string | null {
  const held = decodeRegistryPol(Buffer.from(base64, "base64"));
  const others = held.filter((entry) => !isOurs(entry));
  if (others.length === 0 && held.length > 0) return null;
  return Buffer.from(encodeRegistryPol(others)).toString("base64");
}

function isOurs({ key, value }: PolEntry): boolean {
  if (isWithin(key, delegationKey)) return true;
  return policyNames.some((name) => {
    const { key: at, switch: dword } = policyOf(name);
    return listKeyOf(name) === null && same(key, at) && same(value, dword);
  });
}

/** What leads from one state to another. The policy files come first, the flags last: no policy rules over them then. */
export function difference(now: Snapshot, wanted: Wanted): readonly Deed[] {
  const service: Deed[] =
    now.service.status === wanted.service.status &&
    now.service.startType === wanted.service.startType
      ? []
      : [{ kind: "service", ...wanted.service }];
  const runs = wanted.service.status === "Running";
  return [
    ...fileDeeds(now, wanted),
    ...(runs ? service : []),
    ...keyDeeds(now.keys, wanted.keys),
    ...wanted.singles.flatMap((single) =>
      singleDeeds(
        now.singles.find(
          ({ path, name }) => same(path, single.path) && name === single.name,
        ),
        single,
      ),
    ),
    ...(runs ? [] : service),
  ];
}

function fileDeeds(now: Snapshot, wanted: Wanted): readonly Deed[] {
  const { folders } = wanted;
  const superfluous =
    folders === undefined
      ? []
      : ["User", "Machine", ""].filter(
          (name) => now.folders.includes(name) && !folders.includes(name),
        );
  return [
    ...(["registryPol", "gptIni"] as const).flatMap((file): Deed[] => {
      const content = wanted[file];
      return content === undefined || content === now[file]
        ? []
        : [{ kind: "file", file, content }];
    }),
    ...superfluous.map((name): Deed => ({ kind: "noEmptyFolder", name })),
  ];
}

function keyDeeds(
  now: readonly Key[],
  wanted: readonly Key[],
): readonly Deed[] {
  const find = (keys: readonly Key[], path: string) =>
    keys.find((key) => same(key.path, path));
  const gone = now.filter(({ path }) => find(wanted, path) === undefined);
  // Keys are read from the root on, and one goes with all below it.
  const topmost = gone.filter(
    ({ path }) =>
      !gone.some((other) => other.path !== path && isWithin(path, other.path)),
  );
  return [
    ...topmost.map(({ path }): Deed => ({ kind: "noKey", path })),
    ...wanted.flatMap((key): Deed[] => {
      const held = find(now, key.path);
      return [
        ...(held === undefined
          ? [{ kind: "key", path: key.path } as const]
          : []),
        ...valueDeeds(held?.values ?? [], key),
      ];
    }),
  ];
}

function valueDeeds(
  now: readonly Value[],
  { path, values }: Key,
): readonly Deed[] {
  const gone = now.filter(
    ({ name }) => !values.some((value) => same(value.name, name)),
  );
  const other = values.filter(
    (value) => !now.some((held) => isSameValue(held, value)),
  );
  return [
    ...gone.map(({ name }): Deed => ({ kind: "noValue", path, name })),
    ...other.map((value): Deed => ({ kind: "value", path, ...value })),
  ];
}

function singleDeeds(now: Single | undefined, wanted: Single): readonly Deed[] {
  const { path, name, value, keyThere } = wanted;
  const held = now?.value ?? null;
  const role = roleOf(path);
  if (role !== null && isOn(held) !== isOn(value)) {
    return [{ kind: "flag", role, on: isOn(value) }];
  }
  if (value !== null) {
    return held !== null && isSameValue(held, value)
      ? []
      : [{ kind: "value", path, ...value }];
  }
  return [
    ...(held === null ? [] : [{ kind: "noValue", path, name } as const]),
    ...(now?.keyThere && !keyThere
      ? [{ kind: "noEmptyKey", path } as const]
      : []),
  ];
}

/** The role whose flag stands in a key; null in any other. WinRM takes an absent flag for off. */
function roleOf(path: string): Role | null {
  if (same(path, `${wsmanKey}\\Client`)) return "client";
  return same(path, `${wsmanKey}\\Service`) ? "service" : null;
}

function isOn(value: Value | null): boolean {
  return value !== null && value.data !== "0";
}

/** The deed in a few words, for a person. */
export function wordsOf(deed: Deed): string {
  switch (deed.kind) {
    case "value":
      return `HKLM\\${deed.path}, ${deed.name} = ${deed.data}`;
    case "noValue":
      return `HKLM\\${deed.path} without ${deed.name}`;
    case "key":
      return `HKLM\\${deed.path}`;
    case "noKey":
    case "noEmptyKey":
      return `no HKLM\\${deed.path}`;
    case "file":
      return `${deed.file === "gptIni" ? "gpt.ini" : "Registry.pol"} ${deed.content === null ? "absent" : "as it was"}`;
    case "noEmptyFolder":
      return `no folder GroupPolicy\\${deed.name}`;
    case "flag":
      return `the ${deed.role}'s CredSSP ${deed.on ? "on" : "off"}`;
    case "service":
      return `WinRM ${deed.status}, start type ${deed.startType}`;
    case "pass":
      return "a policy pass";
  }
}

function isSameValue(a: Value, b: Value): boolean {
  return same(a.name, b.name) && a.type === b.type && a.data === b.data;
}

function isWithin(path: string, ancestor: string): boolean {
  return `${path}\\`.toLowerCase().startsWith(`${ancestor}\\`.toLowerCase());
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
