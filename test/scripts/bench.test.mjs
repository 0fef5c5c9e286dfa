import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments } from "../../bench/arguments.mjs";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/** @param {string} args */
function read(args) {
  return readArguments(args.split(" ").filter(Boolean), (file) => {
    if (file === "two") return "a.do.local\r\nb.do.local\n";
    throw Object.assign(new Error(`ENOENT: no such file, open '${file}'`));
  });
}

describe("npm run bench", () => {
  it("measures what it is told, and as much as it is told", () => {
    assert.deepEqual(read(""), { bench: "nochange", pairs: 7, hosts: 100 });
    assert.deepEqual(read("--pairs 11 --hosts 5"), {
      bench: "nochange",
      pairs: 11,
      hosts: 5,
    });
    assert.deepEqual(read("fanout"), {
      bench: "fanout",
      pairs: 7,
      sizes: [1, 8, 16, 32],
      list: undefined,
    });
    assert.deepEqual(read("fanout --sizes 1,2 --list two"), {
      bench: "fanout",
      pairs: 7,
      sizes: [1, 2],
      list: ["a.do.local", "b.do.local"],
    });
  });

  for (const [args, why] of /** @type {const} */ ([
    ["--pairs 0", /^--pairs takes whole numbers from 1, not "0"$/],
    ["--pairs 1.5", /--pairs/],
    ["--hosts x", /--hosts/],
    ["fanout --sizes abc", /--sizes takes .* not "abc"/],
    ["fanout --sizes 1,,2", /--sizes takes .* not ""/],
    ["fanout --list none", /ENOENT.*none/],
    [
      "fanout --sizes 1,3 --list two",
      /two has 2 hosts, and --sizes asks for 3/,
    ],
    ["--sizes 1", /--sizes is no option of nochange/],
    ["fanout --hosts 1", /--hosts is no option of fanout/],
    ["fanin", /no bench fanin/],
    ["fanout 7", /7 is too much/],
    ["--pear 1", /Unknown option '--pear'/],
  ]))
    it(`refuses ${args} in one line`, () => {
      const given = read(args);
      assert.ok(given.bench === "wrong");
      assert.match(given.why, why);
      assert.doesNotMatch(given.why, /\n/);
    });
});

for (const [script, help] of Object.entries({
  bench: ["--help", "fanout --help", "-h"],
  testWindows: ["--help", "--grep x -h"],
}))
  describe(`scripts/${script}.mjs`, () => {
    for (const args of help)
      it(`prints how it is used, and does nothing else, with ${args}`, () => {
        const ended = run(script, args);
        assert.equal(ended.status, 0, ended.stderr);
        assert.match(ended.stdout, /^Usage: npm run /);
        assert.equal(ended.stderr, "");
      });
  });

describe("scripts/bench.mjs", () => {
  it("ends with 2 and one line that names the help where it is used wrongly", () => {
    const { status, stdout, stderr } = run("bench", "--pairs 0");
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(
      stderr,
      /^--pairs takes [^\n]* Try: npm run bench -- --help\n$/,
    );
  });
});

/**
 * @param {string} script
 * @param {string} args
 */
function run(script, args) {
  return spawnSync(
    process.execPath,
    [path.join(repository, "scripts", `${script}.mjs`), ...args.split(" ")],
    { encoding: "utf8", cwd: repository },
  );
}
