import { spnKey } from "../model/delegates";
import type { HostFacts } from "../model/facts";
import {
  entryBefore,
  hostLedger,
  knows,
  type Ledger,
  type ListRecord,
} from "../model/ledger";
import { flagOutcome, policyOutcome } from "../model/outcomes";
import { isTakenAway } from "../model/planExclusive";
import type { PolicyName } from "../model/policies";
import { policyFacts } from "../model/policyFacts";
import type { Added } from "../model/request";
import type { Definition, Properties } from "./definition";

/** The number of the outputs' shape. Older ones read and delete for ever; newer ones are refused by name. */
export const outputsSchema = 1;

/**
 * What stands in Pulumi's state beside what was declared: what was found, and
 * what had been there before. Everything is plain JSON without `undefined`.
 * @param known what the state says of the ledger, and of what was there before: it counts when the ledger was lost.
 */
export function outputsOf(
  definition: Definition,
  declared: Properties,
  facts: HostFacts,
  warnings: readonly string[],
  known: { readonly before?: unknown; readonly ledger?: unknown } = {},
): Properties {
  const owner = String(declared["owner"]);
  const ledger = ledgerOf(facts, owner);
  const { role, list } = definition;
  const wish = list?.desired(declared);
  const outcome =
    wish && policyOutcome(facts, recordOf(facts, wish.policy), wish);
  return {
    ...declared,
    ...found(definition, declared, facts),
    ...(role && { flag: flagOutcome(facts[role]) }),
    ...(outcome && { list: outcome.outcome }),
    ...(outcome &&
      Object.keys(outcome.coveredBy).length > 0 && {
        coveredBy: outcome.coveredBy,
      }),
    before: ledger
      ? mergeBefore(known.before, beforeOf(definition, declared, ledger))
      : (known.before ?? {}),
    ledger: ledger?.id ?? notLost(facts, known.ledger),
    warnings,
    schema: outputsSchema,
  };
}

/** The ledger's id where it is the one of old and has only forgotten the owner: then nothing is claimed by the outputs. */
function notLost(facts: HostFacts, known: unknown): string {
  const id = hostLedger(facts)?.id;
  return id !== undefined && id === known ? id : "";
}

/** The outputs of a resource whose host does not answer any more: enough to read and delete it. */
export function outputsUnseen(declared: Properties): Properties {
  return {
    ...declared,
    before: {},
    ledger: "",
    warnings: [],
    schema: outputsSchema,
  };
}

/** The ledger of this host, if it has a record of this owner. */
export function ledgerOf(facts: HostFacts, owner: string): Ledger | null {
  const ledger = hostLedger(facts);
  return ledger && knows(ledger, owner) ? ledger : null;
}

/** Whether the ledger has this resource among the owners of all it declared, and of nothing else. */
export function isRecorded(
  { role, list }: Definition,
  declared: Properties,
  facts: HostFacts,
): boolean {
  const owner = String(declared["owner"]);
  const ledger = ledgerOf(facts, owner);
  const wanted = list?.desired(declared);
  const record = wanted && ledger?.lists[wanted.policy];
  const isMine = (one: { readonly owners: readonly string[] } | undefined) =>
    one?.owners.includes(owner) === true;
  const keys = new Set(wanted?.entries.map(spnKey));
  const undeclared = Object.entries(record?.entries ?? {}).some(
    ([key, entry]) => !keys.has(key) && isMine(entry),
  );
  return (
    !undeclared &&
    (role === null || isMine(ledger?.flags[role])) &&
    // An update that was killed may have left the opposite there, and nothing on the host.
    (!wanted ||
      (isMine(record?.switch) &&
        record?.switch?.value === Number(wanted.enabled))) &&
    [...keys].every((key) => isMine(record?.entries[key])) &&
    isMine(record?.concatenate) === ((wanted?.concatenate ?? null) !== null) &&
    (!isMine(record?.concatenate) ||
      record?.concatenate?.value === Number(wanted?.concatenate)) &&
    (wanted?.exclusive === true || !isMine(record?.removed))
  );
}

/** Whether anything of what was declared is there, whoever put it there. */
export function isThere(
  definition: Definition,
  declared: Properties,
  facts: HostFacts,
): boolean {
  const now = found(definition, declared, facts);
  const entries = definition.list ? now[definition.list.property] : [];
  // A policy without entries is there when it is switched as declared.
  const isSwitched =
    definition.list !== null &&
    definition.role === null &&
    definition.list.desired(declared).entries.length === 0 &&
    now["enabled"] !== null &&
    declared["enabled"] === now["enabled"];
  return (
    isSwitched ||
    (definition.role !== null && facts[definition.role].on) ||
    (entries as readonly unknown[]).length > 0
  );
}

/** What an earlier run added, by the outputs: for a host whose ledger was lost. */
export function addedBy(definition: Definition, outputs: Properties): Added {
  const before = (outputs["before"] ?? {}) as {
    readonly flag?: unknown;
    readonly entries?: Readonly<Record<string, unknown>>;
    readonly dwords?: Added["dwords"];
  };
  const { list } = definition;
  return {
    ledger: typeof outputs["ledger"] === "string" ? outputs["ledger"] : "",
    flag: before.flag === "off",
    entries: list
      ? Object.entries(before.entries ?? {})
          .filter(([, was]) => was === "absent")
          .map(([entry]) => spnKey(list.spn(entry)))
      : [],
    dwords: before.dwords ?? {},
  };
}

/** The declared properties as the host shows them now. */
function found(
  { role, list }: Definition,
  declared: Properties,
  facts: HostFacts,
): Properties {
  if (!list) return role ? { enabled: facts[role].on } : {};
  const wish = list.desired(declared);
  const record = recordOf(facts, wish.policy);
  const { coveredBy } = policyOutcome(facts, record, wish);
  const policy = policyFacts(facts, wish.policy);
  const { live } = policy;
  const present = new Set(
    [...live.values.map(({ data }) => data), ...Object.keys(coveredBy)].map(
      spnKey,
    ),
  );
  // What nobody of ours owns is drift only where the list is to be ours alone.
  const strange = wish.exclusive
    ? live.values
        .filter((value) => isTakenAway(policy, record, value))
        .map(({ data }) => data)
    : [];
  // With its switch off a list is dead, so a client that declares entries has none of them.
  const dead = role !== null && live.switch !== 1;
  // Neither allowed nor forbidden differs from both, whatever the state says was declared.
  const switched = live.switch === null ? null : live.switch === 1;
  return {
    enabled: role ? facts[role].on : switched,
    [list.property]: [
      ...(declared[list.property] as readonly string[]).filter(
        (entry) => !dead && present.has(spnKey(list.spn(entry))),
      ),
      ...new Set(strange),
    ],
    ...(wish.concatenate !== null && {
      concatenateDefaults: live.concatenate === 1,
    }),
  };
}

function recordOf(facts: HostFacts, name: PolicyName): ListRecord | undefined {
  return hostLedger(facts)?.lists[name];
}

/** An entry that a refresh does not find stays in what is known of before: the ledger still has it. */
function mergeBefore(known: unknown, now: Properties): Properties {
  const { entries } = (known ?? {}) as Properties;
  return {
    ...now,
    ...(now["entries"] !== undefined && {
      entries: { ...(entries as object), ...(now["entries"] as object) },
    }),
  };
}

function beforeOf(
  { role, list }: Definition,
  declared: Properties,
  ledger: Ledger,
): Properties {
  const flag = role ? ledger.flags[role]?.before : undefined;
  const known = list && ledger.lists[list.desired(declared).policy];
  const entries = list
    ? (declared[list.property] as readonly string[]).flatMap((entry) => {
        const record = known?.entries[spnKey(list.spn(entry))];
        return record ? [[entry, entryBefore(record)] as const] : [];
      })
    : [];
  const dwords = (["switch", "concatenate"] as const).flatMap((which) => {
    const before = known?.[which]?.before ?? {};
    return Object.keys(before).length > 0 ? [[which, before] as const] : [];
  });
  return {
    ...(flag !== undefined && { flag }),
    ...(list && { entries: Object.fromEntries(entries) }),
    ...(dwords.length > 0 && { dwords: Object.fromEntries(dwords) }),
  };
}
