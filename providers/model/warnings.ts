import { covers, isAddress, isWsman, spnKey } from "./delegates";
import type { HostFacts } from "./facts";
import type { DesiredList } from "./request";

/** What is worth knowing about declared entries and stops nothing. */
export function warningsOf(
  facts: HostFacts,
  list: DesiredList | null,
): readonly string[] {
  if (!list) return [];
  const { domain, name } = facts.computer;
  // Only these can be wider than an entry.
  const wildcards = facts.live[list.policy].values
    .map(({ data }) => data)
    .filter((data) => data.includes("*"));
  const unproved =
    domain === null && list.entries.some(isWsman)
      ? [
          `${name} is in no domain: Kerberos proves no server to it, so ${list.policy} works only with servers that have a trusted certificate.`,
        ]
      : [];
  return [
    ...unproved,
    ...list.entries.flatMap((spn) => ofEntry(spn, facts, list, wildcards)),
  ];
}

function ofEntry(
  spn: string,
  facts: HostFacts,
  list: DesiredList,
  wildcards: readonly string[],
): readonly string[] {
  const host = spn.slice(spn.indexOf("/") + 1);
  const { domain } = facts.computer;
  if (isAddress(host)) {
    return [
      `${host} is an address: Kerberos cannot prove it, so ${list.policy} does not reach it.`,
    ];
  }
  const wider = wildcards.find(
    (data) => spnKey(data) !== spnKey(spn) && covers(data, spn),
  );
  return [
    ...(wider
      ? [`${spn} is covered by ${wider} as well, which may go one day.`]
      : []),
    ...(domain !== null && /^[^.*]+$/u.test(host) && host !== "localhost"
      ? [
          `${host} is a short name: only who types that very name reaches it, not ${host}.${domain}.`,
        ]
      : []),
  ];
}
