import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeOnce } from "../../scripts/pulumi/makeOnce.mjs";
import { inFolder } from "./fakePulumi.mjs";

describe("a folder that several want", () => {
  it(
    "is made by one, and the others wait",
    inFolder(async (parent) => {
      const folder = path.join(parent, "cache", "folder");
      let made = 0;
      let waited = 0;
      const want = () =>
        makeOnce(folder, {
          make: async (working) => {
            made++;
            await sleep(100);
            fs.writeFileSync(path.join(working, "done"), "");
            return undefined;
          },
          onWait: () => waited++,
        });
      await Promise.all([want(), want(), want()]);
      assert.deepEqual([made, waited], [1, 2]);
      assert.deepEqual(fs.readdirSync(folder), ["done"]);
      assert.deepEqual(fs.readdirSync(path.dirname(folder)), ["folder"]);
    }),
  );

  it(
    "is not there if it could not be made",
    inFolder(async (parent) => {
      const failure = await makeOnce(path.join(parent, "folder"), {
        make: async () => "no luck",
        onWait: assert.fail,
      });
      assert.equal(failure, "no luck");
      assert.deepEqual(fs.readdirSync(parent), []);
    }),
  );

  it(
    "is taken over from one that was stopped",
    inFolder(async (parent) => {
      const folder = path.join(parent, "folder");
      fs.mkdirSync(`${folder}.working`);
      fs.writeFileSync(path.join(`${folder}.working`, "half"), "");
      const silent = new Date(Date.now() - 60_000);
      fs.utimesSync(`${folder}.working`, silent, silent);
      await makeOnce(folder, {
        make: async () => undefined,
        onWait: assert.fail,
      });
      assert.deepEqual(fs.readdirSync(folder), []);
    }),
  );
});
