import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  cachedRoots,
  cacheFolder,
  moveInto,
  openBuilt,
  openReleased,
} from "../../scripts/pulumi/cache.mjs";
import { fakePulumi, inFolder, onPosix, writeProgram } from "./fakePulumi.mjs";

const pinned = { go: "1.30.0", pulumi: "3.300.0" };

/** @param {string} cache */
const contextIn = (cache) => {
  /** @type {string[]} */
  const lines = [];
  const log = (/** @type {string} */ line) => lines.push(line);
  return { cache, pinned, env: process.env, log, lines };
};

describe("the cache", () => {
  it("is where CREDSSP_CACHE says, before all else", () => {
    const env = { CREDSSP_CACHE: "here", XDG_CACHE_HOME: "xdg" };
    assert.equal(cacheFolder(env), path.resolve("here"));
  });

  it("is where each system keeps such things", () => {
    const inside = (/** @type {string[]} */ ...names) =>
      path.resolve(...names, "pulumi-credssp");
    assert.equal(cacheFolder({ XDG_CACHE_HOME: "xdg" }), inside("xdg"));
    assert.equal(
      cacheFolder({ LOCALAPPDATA: "local" }, "win32"),
      inside("local"),
    );
    assert.equal(cacheFolder({}, "darwin"), inside(os.homedir(), ".cache"));
  });

  it("keeps versions and origins apart", () => {
    const one = cachedRoots({ cache: "c", pinned });
    const other = cachedRoots({
      cache: "c",
      pinned: { ...pinned, pulumi: "3.301.0" },
    });
    const all = [...Object.values(one), ...Object.values(other)];
    assert.equal(new Set(all).size, 4);
  });

  it(
    "says nothing where there is nothing",
    inFolder(async (cache) => {
      assert.equal(await openReleased("cached", contextIn(cache)), undefined);
      assert.equal(await openBuilt("cached", contextIn(cache)), undefined);
    }),
  );

  onPosix(
    "adds the helpers to a build",
    inFolder(async (cache) => {
      const context = contextIn(cache);
      const folder = path.join(cachedRoots(context).built, "bin");
      writeProgram(folder, "pulumi", "echo v3.300.0");
      const found = await openBuilt("cached", context);
      assert.equal(found?.folder, folder);
      assert.deepEqual(fs.readdirSync(folder).sort(), [
        "languageHost.cjs",
        "pulumi",
        "pulumi-language-nodejs",
        "pulumi-resource-pulumi-nodejs",
      ]);
    }),
  );

  onPosix(
    "throws away what does not run",
    inFolder(async (cache) => {
      const context = contextIn(cache);
      const { released } = cachedRoots(context);
      fakePulumi(path.join(released, "bin"));
      assert.ok(await openReleased("cached", context));
      writeProgram(path.join(released, "bin"), "pulumi", "exit 1");
      assert.equal(await openReleased("cached", context), undefined);
      assert.ok(!fs.existsSync(released));
      assert.match(context.lines.join(), /^removing .*it does not run/);
    }),
  );

  it(
    "keeps the folder of who was first",
    inFolder(async (cache) => {
      const [first, second, to] = ["first", "second", "to"].map((name) =>
        path.join(cache, name),
      );
      fs.mkdirSync(path.join(first, "1"), { recursive: true });
      fs.mkdirSync(path.join(second, "2"), { recursive: true });
      await moveInto(first, to);
      await moveInto(second, to);
      assert.deepEqual(fs.readdirSync(to), ["1"]);
    }),
  );
});
