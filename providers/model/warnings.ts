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
  const unproved =
    domain === null && list.entries.some(isWsman)
      ? [
          `${name} is in no domain: Kerberos proves no server to it, so ${list.policy} works only with servers that have a trusted certificate.`,
        ]
      : [];
  return [
    ...unproved,
    ...list.entries.flatMap((spn) => ofEntry(spn, facts, list)),
  ];
}

function ofEntry(
  spn: string,
  facts: HostFacts,
  list: DesiredList,
): readonly string[] {
  const host = spn.slice(spn.indexOf("/") + 1);
  const { domain } = facts.computer;
  if (isAddress(host)) {
    return [
      `${host} is an address: Kerberos cannot prove it, so ${list.policy} does not reach it.`,
    ];
  }
  const wider = facts.live[list.policy].values.find(
    ({ data }) => spnKey(data) !== spnKey(spn) && covers(data, spn),
  );
  return [
    ...(wider
      ? [`${spn} is covered by ${wider.data} as well, which may go one day.`]
      : []),
    ...(domain !== null && /^[^.*]+$/u.test(host) && host !== "localhost"
      ? [
          `${host} is a short name: only who types that very name reaches it, not ${host}.${domain}.`,
        ]
      : []),
  ];
}
