/** The longest text that one host's error gets of what ssh printed, in characters; the rest is for the others' lines. */
const longest = { own: 500, unsure: 400 };

/** Whom what was printed may be about. */
export interface Printers {
  readonly host: string;
  /** Other hosts that the same PowerShell may have been asked for. */
  readonly others: readonly string[];
  /** ssh's options of this host: another that they name (`ProxyJump`, `HostName`) is on its way. */
  readonly options: unknown;
}

/**
 * What ssh printed, as far as it may be about a host. One PowerShell starts the ssh of all hosts, so their lines
 * come mixed, and many a reason names no host: `subsystem request failed on channel 0`. Those that name another
 * host are that one's; those that name none are kept, and told as what they are where there is another host.
 *
 * Of many lines the last are kept: the last thing that ssh says is why it gave up.
 *
 * @param noise lines, with ` / ` between them
 */
export function sshNoise(
  noise: string,
  { host, others, options }: Printers,
): string {
  const lines = noise.split(" / ").map((line) => line.trim());
  // Some are frames of @ around a warning, and many hosts fail alike.
  const said = [...new Set(lines.filter((line) => /\p{L}/u.test(line)))];
  if (others.length === 0) {
    return joined(lastOf(said, longest.own + longest.unsure));
  }
  const way = JSON.stringify(options ?? {});
  const strangers = others.filter(
    (other) => includes(noise, other) && !names(way, other),
  );
  const own = said.filter((line) => names(line, host));
  const unsure = said.filter(
    (line) =>
      !own.includes(line) && !strangers.some((other) => names(line, other)),
  );
  return joined([
    ...lastOf(own, longest.own),
    ...lastOf(unsure, longest.unsure).map((line, i) =>
      i === 0 ? `(of this host or another one) ${line}` : line,
    ),
  ]);
}

/** The lines as one text; what tells of it ends with a full stop itself. */
function joined(lines: readonly string[]): string {
  return lines.join(" / ").replace(/\.$/u, "");
}

/**
 * Whether a text names a host: as a whole word, so that app1 is not found in app10, nor a host in a path or as a user.
 * A full stop ends a name unless a letter or a digit follows; a colon does, but in an address of IPv6.
 */
function names(text: string, host: string): boolean {
  if (!includes(text, host)) return false;
  const name = host.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
  const joint = host.includes(":") ? "[.:]" : "[.]";
  const inside = "[\\p{L}\\p{N}_/\\\\-]";
  return new RegExp(
    `(?<!${inside}|${joint})${name}(?!${inside}|@|${joint}[\\p{L}\\p{N}])`,
    "iu",
  ).test(text);
}

/** Windows and ssh do not look at the case of a name. */
function includes(text: string, name: string): boolean {
  return text.toLowerCase().includes(name.toLowerCase());
}

/** The last lines that have room; a cut is shown. At least one. */
function lastOf(lines: readonly string[], room: number): readonly string[] {
  const sizes = lines.map((line) => line.length + " / ".length);
  const first = lines.findIndex(
    (_, i) => sizes.slice(i).reduce((sum, size) => sum + size, 0) <= room,
  );
  if (lines.length === 0 || first === 0) return lines;
  return ["…", ...lines.slice(first === -1 ? -1 : first)];
}
