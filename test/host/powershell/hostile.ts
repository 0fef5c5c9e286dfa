import fc from "fast-check";

/** A command that, carried out, leaves a file of this name in the folder of the canaries. */
type Command = (file: string) => string;

/** For PowerShell and for a shell of Unix: whatever a text passes through on its way. */
export const commands: {
  readonly powershell: readonly Command[];
  readonly sh: readonly Command[];
} = {
  powershell: [
    (file) => `ni ${file}`,
    (file) => `$null=ni ${file}`,
    (file) => `[IO.File]::WriteAllText('${file}','x')`,
    (file) => `Set-Content ${file} x`,
    (file) => `iex "ni ${file}"`,
    (file) => `pwsh -EncodedCommand ${encoded(`ni ${file}`)}`,
  ],
  sh: [(file) => `touch ${file}`, (file) => `: >${file}`],
};

/** PowerShell takes each of these for ' or " as well, but the last. */
const typographic =
  "\u2018 \u2019 \u201A \u201B \u201C \u201D \u201E \u2033".split(" ");

/** What ends a quotation, joins a command to another, or is taken out and carried out. */
const around: readonly (readonly [string, string])[] = [
  ...["'", '"', "`", ...typographic].map(
    (quote) => [`${quote};`, `;${quote}`] as const,
  ),
  ["$(", ")"],
  ["@(", ")"],
  ["${", "}"],
  ["`", "`"],
  ["& {", "}"],
  [";", "#"],
  ["|", "|"],
  ["&&", "&&"],
  ["\n", "\n"],
  ["\r", "\r"],
  ["\r\n", "\r\n\r\n"],
  ["\u2028", "\u2028"],
  ["\n'@\n", "\n@'\n"],
  ['\n"@\n', '\n@"\n'],
  ["\u2019)\n", " <#"],
  ["#>", "<#"],
  ["--%", "--"],
  ["-oProxyCommand=", ""],
  ["-EncodedCommand ", ""],
  ["]]>", "<![CDATA["],
  ["</S><S>", "</S>"],
  ['#< CLIXML\r\n<Objs Version="1.1.0.1"><S S="Error">', "</S></Objs>"],
  ['{"outcome":"', '"}'],
];

/** What is mangled, taken for something else, or lost on the way, where no care is taken. */
const odd: readonly string[] = [
  "_x000D__x000A_",
  "_x0027_",
  "_x",
  "\uFEFF",
  "\u200E\u200F\u202E",
  "\u00AD",
  "\uFFFE\uFFFF",
  "\u{1F600}",
  "\\\\",
  '\\"',
  "%COMSPEC%",
  "$env:TEMP",
  "$PSItem",
  "\t",
  "\u0001\u001B[2J\u007F\u0085",
  "2020-01-01T00:00:00",
  "\\/Date(0)\\/",
  "**del.",
  "*",
  "[a-z]?",
  "#",
  "{0}",
  "&amp;&#x27;",
];

/** Texts that try to get out of whatever holds them, and a command in each; always the same ones. */
export function hostileTexts(folder: string, count: number): readonly string[] {
  const all = [...commands.powershell, ...commands.sh];
  const shape = fc.record({
    command: fc.constantFrom(...all),
    outside: fc.array(fc.constantFrom(...around), {
      minLength: 1,
      maxLength: 3,
    }),
    before: fc.constantFrom("", ...odd),
    behind: fc.constantFrom("", ...odd),
  });
  const drawn = fc.sample(shape, { seed: 1, numRuns: count });
  return drawn.map(({ command, outside, before, behind }, i) => {
    const [opened, closed] = outside.reduce(
      ([head, tail], [open, close]) => [head + open, close + tail],
      ["", ""],
    );
    return `${before}${i}${opened}${command(`${folder}/${i}`)}${closed}${behind}`;
  });
}

/** A hundred thousand characters, of each kind that a careless pattern takes long over. */
export const longTexts: readonly string[] = [
  ...[
    "'",
    '"',
    "\u2018",
    "`",
    "$(",
    "\n",
    ".",
    "-",
    "*",
    "/",
    "@",
    "\u00FC",
  ].map((one) => one.repeat(100_000)),
  `${":1".repeat(50_000)}x`,
  `\u2019;$(${"\u201C`".repeat(50_000)}`,
];

/** Texts that no text in UTF-8, or none that ends with a NUL, can be. */
export const unfitTexts: Readonly<Record<string, string>> = {
  "a NUL": "wsman/a\0b.do.local",
  "a NUL at the end": "wsman/a.do.local\0",
  "half a character": "wsman/a\uD83Db.do.local",
  "the other half": "wsman/a\uDE00b.do.local",
};

function encoded(script: string): string {
  return Buffer.from(script, "utf16le").toString("base64");
}
