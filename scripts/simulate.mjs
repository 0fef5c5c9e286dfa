// `npm run simulate -- --steps 1000000`: hunts for a fleet, stacks and a run of events that break a promise
// (test/simulation). A failure is shrunk and printed with the command that runs it alone.
import { fork, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { install, repository } from "./install.mjs";

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    path: { type: "string" },
    workers: { type: "string", default: String(availableParallelism()) },
  },
});
const [steps, seed, workers] = [values.steps, values.seed, values.workers].map(
  Number,
);
for (const [name, value] of Object.entries({ steps, seed, workers })) {
  if (Number.isSafeInteger(value) && (value > 0 || name === "seed")) continue;
  console.error(
    `--${name} must be a whole number: npm run simulate -- --steps 1000000`,
  );
  process.exit(2);
}

install(console.log);
if (values.path !== undefined) replay();
else hunt();

/** Runs one failure again, and no other. */
function replay() {
  const mocha = path.join(
    repository,
    "node_modules",
    "mocha",
    "bin",
    "mocha.js",
  );
  const { status } = spawnSync(
    process.execPath,
    [mocha, path.join("test", "simulation", "simulation.test.ts")],
    {
      cwd: repository,
      stdio: "inherit",
      env: {
        ...process.env,
        CREDSSP_TEST_SEED: String(seed),
        CREDSSP_TEST_PATH: values.path,
      },
    },
  );
  process.exit(status ?? 1);
}

function hunt() {
  const began = Date.now();
  const done = new Map();
  const sum = (what) =>
    [...done.values()].reduce((all, one) => all + one[what], 0);
  const children = Array.from({ length: workers }, (_, i) => {
    const child = fork(path.join(repository, "test", "simulation", "hunt.ts"), {
      execArgv: ["-r", "ts-node/register/transpile-only"],
      cwd: repository,
    });
    child.on("message", (said) => {
      if ("report" in said) return found(said);
      done.set(i, said);
      const seconds = (Date.now() - began) / 1000;
      const line = `${sum("steps")} of ${steps} steps, ${sum("runs")} fleets, ${Math.round(sum("steps") / seconds)} steps/s`;
      process.stdout.write(process.stdout.isTTY ? `\r${line}` : `${line}\n`);
      if (sum("steps") >= steps) end(0, "No promise was broken.");
    });
    child.on("exit", (code) => {
      if (code !== 0 && code !== null) end(1, `A worker ended with ${code}.`);
    });
    child.send({ seed: seed + i, stride: workers, runs: 100 });
    return child;
  });

  function found(said) {
    end(
      1,
      `${said.report}\nRun it alone: npm run simulate -- --seed ${said.seed} --path ${said.path}`,
    );
  }

  function end(status, message) {
    for (const child of children) child.kill();
    console.log(`\nSeeds from ${seed} on. ${message}`);
    process.exit(status);
  }
}
