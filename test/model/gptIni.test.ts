import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bumpMachineVersion,
  credsspTool,
  machineHalfDisabled,
  registryExtension,
} from "../../providers/model/gptIni";

const ours = `[${registryExtension}${credsspTool}]`;
const security =
  "[{827D319E-6EAC-11D2-A4EA-00C04F79F83A}{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}]";
const audit =
  "[{0F3F3735-573D-9804-99E4-AB2A69BA5FD4}{0F6B957D-509E-11D1-A7CC-0000F87571E3}]";

/** What the Windows stand-in (../shared/tools/windows) saved with the first Registry.pol. */
const savedByCmdlet =
  "[General]\r\ngPCFunctionalityVersion=2\r\n" +
  "gPCMachineExtensionNames=[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{7A9206BD-33AF-47AF-B832-D4128730E990}]\r\n" +
  "Version=1\r\n";

describe("bumpMachineVersion", () => {
  it("creates the file that the cmdlet would create", () => {
    assert.equal(textOf(bumpMachineVersion(null)), savedByCmdlet);
    assert.equal(bumped(""), savedByCmdlet);
  });

  it("changes nothing but the version where the extension is listed", () => {
    const twice = savedByCmdlet.replace("Version=1\r\n", "Version=2\r\n");
    assert.equal(bumped(savedByCmdlet), twice);
  });

  const versions: readonly [string, string, string][] = [
    ["counts the machine half up", "65539", "65540"],
    ["goes from FFFF to 1, and not into the user half", "131071", "65537"],
    ["starts at 1", "0", "1"],
    ["keeps a user half above 7FFF", "4294901761", "4294901762"],
    ["keeps such a user half signed", "-65535", "-65534"],
    ["takes a text that is no number for 0", "abc", "1"],
    ["takes no text for 0", "", "1"],
    ["reads the number that a text begins with", "7 x", "8"],
  ];
  for (const [title, before, after] of versions) {
    it(title, () => {
      const text = (version: string): string =>
        `[General]\r\ngPCMachineExtensionNames=${ours}\r\nVersion=${version}\r\n`;
      assert.equal(bumped(text(before)), text(after));
    });
  }

  it("never moves the user half", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (version) => {
        const after = bumped(`[General]\r\nVersion=${version}\r\n`);
        const next = Number(/Version=(\d+)/.exec(after)?.[1]);
        assert.equal(next >>> 16, version >>> 16);
        assert.notEqual(next & 0xffff, version & 0xffff);
        assert.notEqual(next & 0xffff, 0);
      }),
    );
  });

  const lists: readonly [string, string, string][] = [
    ["adds the pair to an empty list", "", ours],
    ["puts the pair before a greater one", security, ours + security],
    ["puts the pair behind a smaller one", audit, audit + ours],
    ["puts the pair between two", audit + security, audit + ours + security],
    [
      "adds the tool to a group of the extension, in order",
      `${audit}[${registryExtension}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]`,
      `${audit}[${registryExtension}${credsspTool}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]`,
    ],
    ["knows the pair in small letters", ours.toLowerCase(), ours.toLowerCase()],
    [
      "does not take an extension that somebody flattened for a group of its own",
      security.replace("]", `${registryExtension}${credsspTool}]`),
      ours + security.replace("]", `${registryExtension}${credsspTool}]`),
    ],
  ];
  for (const [title, before, after] of lists) {
    it(title, () => {
      const text = (names: string): string =>
        `[General]\r\ngPCMachineExtensionNames=${names}\r\nVersion=`;
      assert.equal(bumped(`${text(before)}1\r\n`), `${text(after)}2\r\n`);
    });
  }

  it("adds keys that are missing at the end of their section", () => {
    assert.equal(
      bumped("[General]\nOptions=1\n\n[Other]\nVersion=7\n"),
      `[General]\nOptions=1\ngPCMachineExtensionNames=${ours}\nVersion=1\n\n[Other]\nVersion=7\n`,
    );
  });

  it("adds the section to a file without it", () => {
    assert.equal(
      bumped("[Other]\r\nVersion=7"),
      `[Other]\r\nVersion=7\r\n${savedByCmdlet}`,
    );
  });

  it("keeps everything else: comments, spaces, quotes, case, the users' list, a last line without end", () => {
    const text = (machine: string, version: string): string =>
      `; by hand\r\n[other]\r\nversion=9\r\n\r\n [GENERAL] \r\n;Version=3\r\nDisplayName=M\xfcller\r\n` +
      `gPCUserExtensionNames=${audit}\r\ngpcmachineextensionnames = "${machine}" \r\n` +
      `version\t= ${version}\r\nVersion=5\r\n[General]\r\nVersion=4`;
    assert.equal(
      bumped(text(security, "65536")),
      text(ours + security, "65537"),
    );
  });

  it("keeps UTF-16 with its mark, and half a unit at its end", () => {
    const wide = (text: string): Uint8Array =>
      new Uint8Array(Buffer.from(`\ufeff${text}`, "utf16le"));
    const before = `[General]\r\nDisplayName=\u540d\r\nVersion=1\r\ngPCMachineExtensionNames=${ours}\r\n`;
    const after = before.replace("Version=1", "Version=2");
    assert.deepEqual(bumpMachineVersion(wide(before)), wide(after));
    const odd = (bytes: Uint8Array): Uint8Array => Uint8Array.of(...bytes, 7);
    assert.deepEqual(bumpMachineVersion(odd(wide(before))), odd(wide(after)));
  });

  it("finds the section behind a UTF-8 mark", () => {
    const marked = (text: string): Uint8Array =>
      new Uint8Array(Buffer.from(`\ufeff${text}`, "utf8"));
    assert.deepEqual(
      bumpMachineVersion(marked(savedByCmdlet)),
      marked(savedByCmdlet.replace("Version=1\r\n", "Version=2\r\n")),
    );
  });

  it("takes any bytes, and afterwards the extension is listed and the version moves", () => {
    const noise = fc.uint8Array({ maxLength: 60 });
    const text = fc
      .array(
        fc.constantFrom(
          "[General]",
          "[x]",
          "Version=65535",
          "\r\n",
          "\n",
          "gPCMachineExtensionNames=",
          audit,
          "=",
          '"',
          " ",
        ),
      )
      .map((parts) => bytesOf(parts.join("")));
    fc.assert(
      fc.property(fc.oneof(noise, text), (bytes) => {
        const once = bumpMachineVersion(bytes);
        const twice = bumpMachineVersion(once);
        assert.notDeepEqual(once, bytes);
        assert.notDeepEqual(twice, once);
        // The second time only digits of the version change.
        const digits = (b: Uint8Array): string =>
          Buffer.from(b).toString("latin1").replace(/\d/g, "");
        assert.equal(digits(twice), digits(once));
      }),
    );
  });
});

describe("machineHalfDisabled", () => {
  const cases: readonly [string, boolean][] = [
    ["[General]\r\nOptions=0\r\n", false],
    ["[General]\r\nOptions=1\r\n", false],
    ["[General]\r\nOptions=2\r\n", true],
    ["[general]\r\noptions = 3", true],
    ["[General]\r\nVersion=2\r\n", false],
    ["[General]\r\nOptions=\r\n", false],
    ["[Other]\r\nOptions=2\r\n", false],
    ["[General]\r\n;Options=2\r\n", false],
    ["", false],
  ];
  for (const [text, disabled] of cases) {
    it(`reads ${JSON.stringify(text)} as ${disabled ? "disabled" : "not disabled"}`, () => {
      assert.equal(machineHalfDisabled(bytesOf(text)), disabled);
    });
  }

  it("takes a host without the file for one that applies local policy", () => {
    assert.equal(machineHalfDisabled(null), false);
  });

  it("reads UTF-16", () => {
    const bytes = Buffer.from("\ufeff[General]\r\nOptions=2\r\n", "utf16le");
    assert.equal(machineHalfDisabled(bytes), true);
  });
});

function bumped(text: string): string {
  return textOf(bumpMachineVersion(bytesOf(text)));
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
