// Builds Pulumi from its Go modules, where nothing but a Go proxy is reachable.
import path from "node:path";
import { cachedRoots, openBuilt } from "./cache.mjs";
import { execute } from "./execute.mjs";
import { makeOnce } from "./makeOnce.mjs";
import { showProgress } from "./progress.mjs";
import { executable } from "./searchPath.mjs";
import { toolsFolder } from "./versions.mjs";

/** `go version` may first fetch the Go that go.mod wants. */
const GO_LIMIT_MS = 120_000;

const PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
// The tags of Pulumi's own releases. Without -buildvcs=false, Go would ask Git
// about this repository, which may not be there or not be ours.
const FLAGS = ["-buildvcs=false", "-tags=osusergo,grpcnotrace"];

/**
 * @param {import("./cache.mjs").Context} context
 * @returns {Promise<import("./inspect.mjs").FoundPulumi | string>} Or why it cannot.
 */
export async function buildWithGo(context) {
  const { pinned, log, env } = context;
  const label = `a build of Pulumi v${pinned.pulumi}`;
  // Asked in the folder of go.mod, like all of Go: it then switches to the
  // toolchain that go.mod wants, or `go list` says that it may not.
  const go = await execute("go", ["version"], {
    env,
    cwd: toolsFolder,
    limit: GO_LIMIT_MS,
  });
  if (go.failure !== undefined) {
    return `${label} needs Go ${pinned.go} or later: ${go.failure}`;
  }
  const started = Date.now();
  const failure = await makeOnce(cachedRoots(context).built, {
    make: (working) => build(path.join(working, "bin"), context),
    onWait: () =>
      log(
        `another process is building Pulumi v${pinned.pulumi}, or was stopped doing so: waiting`,
      ),
  });
  if (failure !== undefined) {
    return `${label} failed: ${failure}`;
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  return (
    (await openBuilt(`built with Go in ${seconds} s`, context)) ??
    `${label} made one that does not fit`
  );
}

/**
 * @param {string} folder
 * @param {import("./cache.mjs").Context} context
 * @returns {Promise<string | undefined>} What went wrong, if anything.
 */
async function build(folder, { pinned, log, env }) {
  const label = `building Pulumi v${pinned.pulumi} with Go`;
  log(`${label}: once, about four minutes on two cores`);
  const progress = showProgress(log);

  let modules = 0;
  const list = await execute("go", ["list", ...FLAGS, "-deps", PACKAGE], {
    env,
    cwd: toolsFolder,
    onErrorLine: () => progress(`fetching Go modules: ${++modules}`),
  });
  if (list.failure !== undefined) {
    progress("");
    return list.failure;
  }

  const total = list.stdout.trim().split("\n").length;
  let done = 0;
  progress(`${label}: looking at ${total} packages`);
  const built = await execute(
    "go",
    [
      "build",
      "-v",
      ...FLAGS,
      `-ldflags=-s -w -X ${VERSION}=v${pinned.pulumi}`,
      "-o",
      path.join(folder, executable("pulumi")),
      PACKAGE,
    ],
    {
      env,
      cwd: toolsFolder,
      // `go build -v` names only what it compiles: what Go still had in its own
      // cache is never named, and linking comes after the last name.
      onErrorLine: () => {
        done = Math.min(done + 1, total);
        progress(`${label}: ${done} of ${total} packages`);
      },
    },
  );
  progress("");
  return built.failure;
}
