import { listKeyOf, policyNames, policyOf } from "./policies";

/** The page of all policies, as Markdown: where each stands on a host, and what holds without it. */
export function policiesPage(): string {
  const rows = policyNames.map((name) => {
    const { key, switch: value, whenNotConfigured, deniedBy } = policyOf(name);
    const place = `\`${key.split("\\").slice(-2).join("\\")}\``;
    const cells = [
      `\`${name}\``,
      `${place}, \`${value}\``,
      listKeyOf(name) === null ? "no" : "yes",
      whenNotConfigured.replaceAll("*", "\\*"),
      deniedBy === undefined ? "" : `\`${deniedBy}\``,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    "# Policies",
    "",
    "What `DelegationPolicy` takes as `policy`. The lists hold service principal names (`targets`) and can",
    "concatenate Windows' own defaults (`concatenateDefaults`); the other two are enabled or disabled, and that is all.",
    "Keys stand below `HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows`. This page is made from the package's",
    "own table by `npm run docs`.",
    "",
    "| policy | key and value | list | without it, credentials may go to | exceptions by |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "WinRM delegates fresh credentials only: for a second hop, `AllowFreshCredentials` matters, and",
    "`AllowFreshCredentialsWhenNTLMOnly` where the server is reached by its address, or outside a domain.",
    "",
  ].join("\n");
}
