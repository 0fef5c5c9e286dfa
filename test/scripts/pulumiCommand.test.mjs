import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import {
  buildProgress,
  cachedRoots,
  cacheFolder,
  compareVersions,
  findFile,
  findPulumiCommand,
  MINIMUM_VERSION,
  parseGoMod,
  parseGoVersion,
  parseVersion,
  pathName,
  pulumiEnvironment,
  whyUnfit,
} from "../../scripts/pulumiCommand.mjs";

describe("the version of a command", () => {
  it("is read with and without its v and its suffix", () => {
    assert.deepEqual(parseVersion("v3.274.1\n"), [3, 274, 1]);
    assert.deepEqual(parseVersion("3.275.0-alpha.1+dirty"), [3, 275, 0]);
    assert.deepEqual(parseVersion("1.26"), [1, 26, 0]);
  });

  it("is not guessed", () => {
    for (const text of ["", "3", "latest", "3.2.1.0", "go1.26"]) {
      assert.equal(parseVersion(text), undefined, text);
    }
  });

  it("is compared by number, not by letter", () => {
    const sorted = ["3.9.0", "3.10.0", "3.10.1", "4.0.0"];
    assert.deepEqual([...sorted].reverse().sort(compareVersions), sorted);
    assert.ok(compareVersions("unreadable", "0.0.0") < 0);
  });

  it("fits from the minimum on, within the major version", () => {
    assert.equal(whyUnfit(MINIMUM_VERSION), undefined);
    assert.equal(whyUnfit("v3.999.0-dev"), undefined);
    assert.match(whyUnfit("3.215.9") ?? "", /it is v3\.215\.9, needed is v3/);
    assert.match(whyUnfit("4.0.0") ?? "", /or a later v3/);
    assert.match(whyUnfit("what?") ?? "", /not readable \("what\?"\)/);
  });
});

describe("what Go says", () => {
  it("gives its version", () => {
    assert.equal(parseGoVersion("go version go1.26.8 linux/amd64\n"), "1.26.8");
    assert.equal(parseGoVersion("go version go1.27rc1 darwin/arm64"), "1.27");
    assert.equal(parseGoVersion("go: go.mod requires go >= 1.26.6"), undefined);
  });

  it("is checked against what go.mod pins", () => {
    const text = fs.readFileSync("tools/pulumi/go.mod", "utf8");
    const { go, pulumi } = parseGoMod(text);
    assert.ok(parseVersion(go));
    assert.equal(whyUnfit(pulumi), undefined);
    assert.throws(() => parseGoMod("module x\n"), /pins no version/);
  });
});

describe("the cache", () => {
  it("is where CREDSSP_CACHE says, before all else", () => {
    const env = { CREDSSP_CACHE: "/here", XDG_CACHE_HOME: "/xdg" };
    assert.equal(cacheFolder(env, "linux", "/home/me"), "/here");
  });

  it("is where each system keeps such things", () => {
    const home = "/home/me";
    assert.equal(
      cacheFolder({ XDG_CACHE_HOME: "/xdg" }, "linux", home),
      "/xdg/pulumi-credssp",
    );
    assert.equal(
      cacheFolder({}, "darwin", home),
      "/home/me/.cache/pulumi-credssp",
    );
    assert.equal(
      cacheFolder({ LOCALAPPDATA: "C:\\L" }, "win32", "C:\\me"),
      "C:\\L\\pulumi-credssp",
    );
    assert.equal(
      cacheFolder({}, "win32", "C:\\me"),
      "C:\\me\\AppData\\Local\\pulumi-credssp",
    );
  });

  it("keeps versions, systems and origins apart", () => {
    const { released, built } = cachedRoots("c", "3.1.0", "linux", "x64");
    const other = cachedRoots("c", "3.2.0", "linux", "arm64");
    const all = [released, built, other.released, other.built];
    assert.equal(new Set(all).size, 4);
  });
});

describe("the search on PATH", () => {
  it("knows how Windows writes the name", () => {
    assert.equal(pathName({ HOME: "/", Path: "C:\\" }), "Path");
    assert.equal(pathName({}), "PATH");
  });

  it("takes the first folder that has any of the names", () => {
    const found = findFile(["a.exe", "a.cmd"], ["x", "y"], (file) =>
      [path.join("x", "a.cmd"), path.join("y", "a.exe")].includes(file),
    );
    assert.equal(found, path.join("x", "a.cmd"));
  });
});

describe("the progress of a build", () => {
  it("never claims more packages than there are", () => {
    assert.equal(
      buildProgress("3.274.1", 412, 1731),
      "building Pulumi v3.274.1 with Go: 412 of 1731 packages",
    );
    assert.match(buildProgress("3.274.1", 1740, 1731), /1731 of 1731/);
    assert.match(buildProgress("3.274.1", 0, 1731), /looking at 1731/);
  });
});

describe("a command that the user names", () => {
  it("is never silently replaced", async () => {
    const env = { ...process.env, PULUMI_COMMAND: "no/such/pulumi" };
    await assert.rejects(
      findPulumiCommand({ env, log: () => {} }),
      /PULUMI_COMMAND names no\/such\/pulumi, which is not an executable file/,
    );
  });
});

describe("the environment of a Pulumi run", () => {
  const stateDir = path.join(os.tmpdir(), `pulumi environment ${process.pid}`);
  const found = {
    command: path.resolve("bin/pulumi"),
    folder: path.resolve("bin"),
    root: path.resolve("."),
    version: "3.274.1",
    how: "from a test",
  };

  after(() => fs.rmSync(stateDir, { recursive: true, force: true }));

  it("keeps the user's own Pulumi out, and the rest in", () => {
    const env = pulumiEnvironment(found, {
      stateDir,
      passphrase: "p",
      base: {
        Path: "before",
        PULUMI_ACCESS_TOKEN: "token",
        PULUMI_NODEJS_TRANSPILE_ONLY: "true",
        LANG: "C",
      },
    });
    assert.equal(env.PULUMI_ACCESS_TOKEN, undefined);
    assert.equal(env.PULUMI_NODEJS_TRANSPILE_ONLY, "true");
    assert.equal(env.LANG, "C");
    assert.equal(env.PATH, undefined);
    const folders = env.Path?.split(path.delimiter);
    assert.equal(folders?.[0], found.folder);
    assert.equal(folders?.at(-1), "before");
  });

  it("names a backend that is there, by a path that is not encoded", () => {
    const env = pulumiEnvironment(found, { stateDir, passphrase: "p" });
    const folder = env.PULUMI_BACKEND_URL?.replace(/^file:\/\//, "") ?? "";
    assert.equal(path.resolve(folder), path.join(stateDir, "stacks"));
    assert.ok(fs.statSync(folder).isDirectory());
    assert.equal(env.PULUMI_CONFIG_PASSPHRASE, "p");
  });
});
