import { catalogue } from "./errors";

const chapters: readonly (readonly [string, string])[] = [
  ["1", "Inputs"],
  ["2", "Reaching the host"],
  ["3", "CredSSP and policy"],
  ["9", "Ours"],
];

/** The page of all errors, as Markdown: what each means, what it needs, what to try. */
export function errorsPage(): string {
  const sections = chapters.map(([digit, title]) => {
    const rows = Object.entries(catalogue)
      .filter(([code]) => code.startsWith(`CREDSSP${digit}`))
      .map(
        ([code, { why, needed, remedy }]) =>
          `| ${[code, why, needed, remedy].map(cell).join(" | ")} |`,
      );
    return [
      `## ${title}`,
      "",
      "| code | what it says | what is needed | what to try |",
      "| --- | --- | --- | --- |",
      ...rows,
      "",
    ].join("\n");
  });
  return [
    "# Errors",
    "",
    "Every message names what could not be done and on which host, what was found, what was needed,",
    "one thing to try, and a code. A word in braces stands for a fact of the case.",
    "This page is made from the catalogue by `npm run docs`.",
    "",
    sections.join("\n"),
  ].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("*", "\\*");
}
