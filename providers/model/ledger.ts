import { spnKey } from "./delegates";
import { problem, shown, type Problem } from "./errors";
import type { HostFacts, ListValue, Role } from "./facts";
import { isPolicy, type PolicyName } from "./policies";

/** The newest schema this version reads and writes. */
export const ledgerSchema = 1;

/** The longest ledger this version writes, in characters. */
export const ledgerCap = 256 * 1024;

/** The stores that hold a list policy. */
export type Store = "local" | "live";

/** Who of us wants a role on, and what somebody else had left there. */
export interface FlagRecord {
  readonly owners: readonly string[];
  /** `unknown`: it was under policy when we came. */
  readonly before: "on" | "off" | "unknown";
  /** For the client: the `wsman` entries of others at that moment (as `spnKey`). */
  readonly foreign: readonly string[];
}

/** Who of us wants an entry, and which of its instances we wrote. */
export interface EntryRecord {
  readonly owners: readonly string[];
  /** The names of our values, in either store; empty: it was there before us. */
  readonly written: readonly string[];
  /** Others have the entry too: under another name none is ours. */
  readonly exact?: true;
}

/** Whether an entry was there before us: then it stays when we leave. */
export function entryBefore({
  written,
}: Pick<EntryRecord, "written">): "present" | "absent" {
  return written.length === 0 ? "present" : "absent";
}

/** Whether the ledger has an entry as written by us: then what a pass has made live of it is not the domain's. */
export function isWritten(
  record: ListRecord | undefined,
  { data }: Pick<ListValue, "data">,
): boolean {
  const entry = record?.entries[spnKey(data)];
  return entry !== undefined && entryBefore(entry) === "absent";
}

/** What stood in each store we wrote. */
export type DwordBefore = { readonly [S in Store]?: number | null };

/** A DWORD we set: to what, and what stood there before in each store we wrote. */
export interface DwordRecord {
  /** Who has an opinion of it; none: it came with a list that we made. */
  readonly owners: readonly string[];
  readonly value: number;
  /** While it is being changed: what we had set it to until now. */
  readonly was?: number;
  readonly before: DwordBefore;
}

/** The DWORD that enables a policy. */
export interface SwitchRecord extends DwordRecord {
  /** The entries of others at that moment (as `spnKey`): who comes later lives by our switch. */
  readonly foreign: readonly string[];
}

/** Who of us wants a list for itself, and what that took away. */
export interface RemovedRecord {
  readonly owners: readonly string[];
  readonly values: Readonly<Record<Store, readonly ListValue[]>>;
}

/** What is ours in one list policy. */
export interface ListRecord {
  /** By `spnKey`. */
  readonly entries: Readonly<Record<string, EntryRecord>>;
  readonly switch?: SwitchRecord;
  readonly concatenate?: DwordRecord;
  /** What `exclusive` took away. */
  readonly removed?: RemovedRecord;
}

/**
 * The host's own record of what is ours: who owns what, and what was there
 * before. It is bookkeeping, not a security boundary: an administrator can edit it.
 */
export interface Ledger {
  /** Tells this ledger from one that was lost and begun again. */
  readonly id: string;
  /** The host it was written on: on an imaged one it speaks of another host. */
  readonly machineGuid: string;
  readonly flags: { readonly [R in Role]?: FlagRecord };
  readonly lists: { readonly [P in PolicyName]?: ListRecord };
}

/** A ledger that records nothing. */
export function newLedger(id: string, machineGuid: string): Ledger {
  return { id, machineGuid, flags: {}, lists: {} };
}

/** The ledger of this very host, if there is one that can be read: an imaged host carries another's. */
export function hostLedger(facts: HostFacts): Ledger | null {
  const read = parseLedger(facts.ledger);
  const ledger = "ledger" in read ? read.ledger : null;
  return ledger?.machineGuid === facts.computer.machineGuid ? ledger : null;
}

/** Whether anything is recorded. An empty ledger is not kept on the host. */
export function isEmpty(ledger: Ledger): boolean {
  return (
    Object.keys(ledger.flags).length === 0 &&
    Object.keys(ledger.lists).length === 0
  );
}

/** Whether a ledger holds any record of this owner. */
export function knows(ledger: Ledger, owner: string): boolean {
  return records(ledger).some((record) => record.owners.includes(owner));
}

/** Every record of a ledger. */
function records(ledger: Ledger): readonly { owners: readonly string[] }[] {
  return [
    ...Object.values(ledger.flags),
    ...Object.values(ledger.lists).flatMap((list) => [
      ...Object.values(list.entries),
      ...(list.switch ? [list.switch] : []),
      ...(list.concatenate ? [list.concatenate] : []),
      ...(list.removed ? [list.removed] : []),
    ]),
  ];
}

/**
 * The text that goes into the registry; empty when nothing is recorded. Owners
 * are long (a URN each) and repeat, so they stand once and are referred to by number.
 */
export function formatLedger(ledger: Ledger): string {
  if (isEmpty(ledger)) return "";
  const owners = [...new Set(records(ledger).flatMap((r) => r.owners))].sort();
  const numbered = new Map(owners.map((owner, i) => [owner, i]));
  return JSON.stringify(
    {
      schema: ledgerSchema,
      id: ledger.id,
      machineGuid: ledger.machineGuid,
      owners,
      flags: inOrder(ledger.flags),
      lists: inOrder(ledger.lists),
    },
    (key, value: unknown) =>
      key === "owners" && value !== owners && Array.isArray(value)
        ? value.map((owner: string) => numbered.get(owner))
        : value,
  );
}

/** With the keys of every record in one order: plans compare ledgers by their texts. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, inOrder(one)]),
  );
}

/**
 * Reads a ledger's text. Null where there is none.
 * @returns a problem when it is damaged (308) or newer than this version knows (307).
 */
export function parseLedger(
  text: string | null,
): { readonly ledger: Ledger | null } | { readonly problem: Problem } {
  if (text === null || text === "") return { ledger: null };
  try {
    const raw = asObject(JSON.parse(text));
    const schema = asNumber(raw["schema"]);
    if (schema > ledgerSchema) {
      return {
        problem: problem("CREDSSP307", { schema, known: ledgerSchema }),
      };
    }
    return { ledger: readLedger(raw) };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { problem: problem("CREDSSP308", { found }) };
  }
}

function isRole(word: string): word is Role {
  return word === "client" || word === "service";
}

type Json = Readonly<Record<string, unknown>>;

function readLedger(raw: Json): Ledger {
  const names = asArray(raw["owners"]).map(asText);
  const owners = (value: unknown): string[] =>
    asArray(value).map((index) => {
      const owner = names[asNumber(index)];
      if (owner === undefined) throw new Error("an owner that is not listed");
      return owner;
    });
  const flag = (value: unknown): FlagRecord => {
    const record = asObject(value);
    return {
      owners: owners(record["owners"]),
      before: oneOf(record["before"], ["on", "off", "unknown"]),
      foreign: asArray(record["foreign"]).map(asText),
    };
  };
  const entry = (value: unknown): EntryRecord => {
    const record = asObject(value);
    const { written, exact } = record;
    return {
      owners: owners(record["owners"]),
      written: Array.isArray(written)
        ? written.map(asText)
        : firstWritten(asObject(written), record["going"]),
      ...((exact === true || record["going"] !== undefined) && { exact: true }),
    };
  };
  const dword = (value: unknown): DwordRecord => {
    const record = asObject(value);
    return {
      owners: owners(record["owners"]),
      value: asNumber(record["value"]),
      ...(record["was"] !== undefined && { was: asNumber(record["was"]) }),
      before: mapValues(asObject(record["before"]), (number) =>
        number === null ? null : asNumber(number),
      ),
    };
  };
  const values = (value: unknown): readonly ListValue[] =>
    asArray(value).map((one) => {
      const { name, data } = asObject(one);
      return { name: asText(name), data: asText(data) };
    });
  const removed = (value: unknown): RemovedRecord => {
    const record = asObject(value);
    const of = asObject(record["values"]);
    return {
      owners: owners(record["owners"]),
      values: { local: values(of["local"]), live: values(of["live"]) },
    };
  };
  const list = (value: unknown): ListRecord => {
    const record = asObject(value);
    return {
      entries: mapValues(asObject(record["entries"]), entry),
      ...(record["switch"] !== undefined && {
        switch: {
          ...dword(record["switch"]),
          // Records of the first version had none.
          foreign: asArray(asObject(record["switch"])["foreign"] ?? []).map(
            asText,
          ),
        },
      }),
      ...(record["removed"] !== undefined && {
        removed: removed(record["removed"]),
      }),
      ...(record["concatenate"] !== undefined && {
        concatenate: dword(record["concatenate"]),
      }),
    };
  };
  const lists = asObject(raw["lists"]);
  const strange = Object.keys(lists).find((name) => !isPolicy(name));
  if (strange !== undefined) throw new Error(`a policy named ${strange}`);
  const flags = asObject(raw["flags"]);
  const odd = Object.keys(flags).find((name) => !isRole(name));
  if (odd !== undefined) throw new Error(`a role named ${odd}`);
  return {
    id: asText(raw["id"]),
    machineGuid: asText(raw["machineGuid"]),
    flags: mapValues(flags, flag),
    lists: mapValues(lists, list),
  };
}

/** The first version counted what it wrote, and named it only on its way out: an empty name is any. */
function firstWritten(counts: Json, going: unknown): readonly string[] {
  const of = (from: Json) => [from["local"], from["live"]] as const;
  if (going !== undefined) {
    return [...new Set(of(asObject(going)).flatMap(asArray).map(asText))];
  }
  const most = Math.max(...of(counts).map(asNumber));
  return Array.from({ length: most }, () => "");
}

function mapValues<T>(object: Json, read: (value: unknown) => T) {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, read(value)]),
  );
}

function asObject(value: unknown): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Json;
  }
  throw new Error(`${shown(value)} where an object belongs`);
}

function asArray(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${shown(value)} where an array belongs`);
}

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  throw new Error(`${shown(value)} where a text belongs`);
}

function asNumber(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new Error(`${shown(value)} where a number belongs`);
}

function oneOf<T extends string>(value: unknown, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new Error(`an unknown ${shown(value)}`);
  return found;
}
