import { printable } from "../model/errors";

/** Rows under headings, columns aligned by two spaces. Empty headings give no heading line; an empty cell is a dash. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const titled = headings.some((heading) => heading !== "");
  const cells = rows.map((row) => row.map((cell) => printable(cell) || "-"));
  const all = titled
    ? [headings.map((heading) => heading.toUpperCase()), ...cells]
    : cells;
  const widths = headings.map((_, column) =>
    Math.max(0, ...all.map((row) => (row[column] ?? "").length)),
  );
  return all.map((row) => `${line(row, widths)}\n`).join("");
}

function line(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join("  ")
    .trimEnd();
}
