import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { cachedRoots } from "../../scripts/pulumi/cache.mjs";
import { downloadRelease } from "../../scripts/pulumi/downloadRelease.mjs";
import { inFolder, onPosix } from "./fakePulumi.mjs";

const pinned = { go: "1.30.0", pulumi: "3.300.0" };

/** What stands in for get.pulumi.com/install.sh. */
const INSTALLER = `
while [ $# -gt 0 ]; do
  case $1 in --install-root) root=$2 ;; --version) version=$2 ;; esac
  shift
done
mkdir -p "$root/bin"
echo "#!/bin/sh\necho v$version" > "$root/bin/pulumi"
cp "$root/bin/pulumi" "$root/bin/pulumi-language-nodejs"
chmod +x "$root"/bin/*`;

describe("the download of a release", () => {
  const { fetch } = globalThis;
  afterEach(() => (globalThis.fetch = fetch));

  /** @param {string} cache */
  const download = (cache) =>
    downloadRelease({ cache, pinned, env: process.env, log: () => {} });

  it(
    "says that it has no network",
    inFolder(async (cache) => {
      globalThis.fetch = async () => {
        const cause = Object.assign(new Error(), { code: "ENOTFOUND" });
        throw new TypeError("fetch failed", { cause });
      };
      assert.equal(
        await download(cache),
        "the download of Pulumi v3.300.0: get.pulumi.com is not reachable (ENOTFOUND)",
      );
      assert.deepEqual(fs.readdirSync(cache), []);
    }),
  );

  onPosix(
    "lets the SDK install into the cache",
    inFolder(async (cache) => {
      globalThis.fetch = async () => new globalThis.Response(INSTALLER);
      const found = await download(cache);
      assert.ok(typeof found !== "string", String(found));
      const root = cachedRoots({ cache, pinned }).released;
      assert.deepEqual([found.root, found.version], [root, "3.300.0"]);
      assert.deepEqual(fs.readdirSync(cache), [path.basename(root)]);
    }),
  );

  onPosix(
    "leaves nothing in the cache if it fails",
    inFolder(async (cache) => {
      globalThis.fetch = async () =>
        new globalThis.Response("echo full >&2; exit 1");
      assert.equal(
        await download(cache),
        "the download of Pulumi v3.300.0 failed: full",
      );
      assert.deepEqual(fs.readdirSync(cache), []);
    }),
  );
});
