import { covers, isAddress, isWsman, spnKey } from "./delegates";
import type { HostFacts } from "./facts";
import { isWritten, type Ledger } from "./ledger";
import { coverIn, denials } from "./outcomes";
import { policyNames, policyOf } from "./policies";
import { policyFacts, provenanceOf } from "./policyFacts";
import type { DesiredPolicy, Request } from "./request";

/** What is worth knowing about what is declared and stops nothing. */
export function warningsOf(
  facts: HostFacts,
  ledger: Ledger,
  { desired, options }: Request,
): readonly string[] {
  if (!desired) return [];
  const { encryptionOracle } = facts;
  const isAccepted = options.acceptVulnerableOracle && encryptionOracle === 2;
  return [
    ...(isAccepted
      ? [
          "The host accepts unpatched CredSSP (CVE-2018-0886): AllowEncryptionOracle is 2 (Vulnerable).",
        ]
      : []),
    ...(desired.list ? ofPolicy(facts, ledger, desired.list) : []),
  ];
}

function ofPolicy(
  facts: HostFacts,
  ledger: Ledger,
  list: DesiredPolicy,
): readonly string[] {
  const { domain, name } = facts.computer;
  const isNtlm = list.policy.endsWith("NTLMOnly");
  const unproved =
    domain === null && !isNtlm && isAllow(list) && list.entries.some(isWsman)
      ? [
          `${name} is in no domain: Kerberos proves no server to it, so ${list.policy} works only with servers that have a trusted certificate.`,
        ]
      : [];
  return [
    ...unproved,
    ...(list.exclusive ? ofOthers(facts, ledger, list) : []),
    ...(isAllow(list) ? [] : ofExceptions(ledger, list)),
    ...list.entries.flatMap((spn) => ofEntry(spn, facts, list)),
    ...ofOverlaps(facts, list),
  ];
}

const isAllow = ({ policy }: DesiredPolicy): boolean =>
  policyOf(policy).deniedBy !== undefined;

/** What `exclusive` cannot take away. */
function ofOthers(
  facts: HostFacts,
  { lists }: Ledger,
  { policy: name, entries }: DesiredPolicy,
): readonly string[] {
  const policy = policyFacts(facts, name);
  const keys = new Set(entries.map(spnKey));
  return policy.live.values
    .filter((value) => !keys.has(spnKey(value.data)))
    .filter(
      (value) =>
        provenanceOf(policy, value, isWritten(lists[name], value)) === "domain",
    )
    .map(
      ({ data }) =>
        `${data} stays in ${name}: the domain's policy sets it, and exclusive does not reach that.`,
    );
}

/** A Deny list against entries of ours. */
function ofExceptions(
  { lists }: Ledger,
  { policy, enabled, entries }: DesiredPolicy,
): readonly string[] {
  if (!enabled) return [];
  return policyNames
    .filter((name) => policyOf(name).deniedBy === policy)
    .flatMap((name) =>
      Object.keys(lists[name]?.entries ?? {}).flatMap((key) => {
        const denied = entries.find((spn) => covers(spn, key));
        return denied === undefined
          ? []
          : [`${denied} denies ${key}, which ${name} allows by us.`];
      }),
    );
}

function ofEntry(
  spn: string,
  facts: HostFacts,
  list: DesiredPolicy,
): readonly string[] {
  const host = spn.slice(spn.indexOf("/") + 1);
  const { domain } = facts.computer;
  if (isAddress(host)) {
    return list.policy.endsWith("NTLMOnly") || !isAllow(list)
      ? []
      : [
          `${host} is an address: Kerberos cannot prove it, so ${list.policy} does not reach it; AllowFreshCredentialsWhenNTLMOnly may.`,
        ];
  }
  return domain !== null && /^[^.*]+$/u.test(host) && host !== "localhost"
    ? [
        `${host} is a short name: only who types that very name reaches it, not ${host}.${domain}.`,
      ]
    : [];
}

/** Wider entries beside those declared, and exceptions from them. */
function ofOverlaps(facts: HostFacts, list: DesiredPolicy): readonly string[] {
  const coverOf = coverIn(facts.live[list.policy].values);
  const exceptions = list.enabled ? denials(facts, list) : [];
  return list.entries.flatMap((spn) => {
    const wider = coverOf(spn);
    const denied = exceptions.find(({ data }) => covers(data, spn));
    return [
      ...(wider
        ? [`${spn} is covered by ${wider} as well, which may go one day.`]
        : []),
      ...(denied
        ? [
            `${spn} is denied by ${denied.data} in ${policyOf(list.policy).deniedBy}.`,
          ]
        : []),
    ];
  });
}
