// `npm run demo [-- up | drift | destroy]`: the whole of the project on one machine, a real
// `pulumi up` on a simulated fleet. Everything it leaves is in .demo, which git ignores.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { install, repository } from "./install.mjs";
import { needPulumiCommand, pulumiEnvironment } from "./pulumiCommand.mjs";

const fleet = path.join(".demo", "fleet");
const client = "orch01.do.local";
const hosts = [client, "cm12.do.local", "sql01.do.local"];
/** What somebody else delegates to from the client: it must survive everything. */
const foreign = "WSMAN/backup.corp.example";
/** What the demo changes behind Pulumi's back. */
const changes = [
  ["revoke", client, "wsman/*.do.local"],
  ["set", "sql01.do.local", "server=off"],
];

const says = /** @type {const} */ ({
  up: "Converging the fleet",
  drift: "Changing the fleet behind Pulumi's back",
  destroy: "Taking everything back",
});

const task = process.argv[2] ?? "up";
if (!Object.hasOwn(says, task)) {
  console.error(
    `npm run demo has no "${task}". Try: npm run demo, or npm run demo -- drift, up or destroy.`,
  );
  process.exit(2);
}

install(say);
const found = await needPulumiCommand(say);
const env = pulumiEnvironment(found, {
  stateDir: path.join(repository, ".demo"),
  // The stack holds no secret; a fixed passphrase keeps Pulumi.demo.yaml as it is.
  passphrase: "credssp-demo",
});

const missing = hosts.filter(
  (host) => !existsSync(path.join(repository, fleet, `${host}.json`)),
);
if (missing.length > 0) {
  say(`Adding simulated hosts to ${fleet}: ${missing.join(", ")}`);
  credssp("new", ...missing);
  if (missing.includes(client)) credssp("allow", client, foreign);
}
pulumi("stack", "select", "demo", "--create", "--non-interactive");

say(says[/** @type {keyof typeof says} */ (task)]);
if (task === "up") {
  pulumi("up", "--yes", "--refresh", "--suppress-outputs");
  table();
  console.log(
    "What stands on the hosts, with the entry that somebody else made:\n",
  );
  credssp("list");
  console.log("");
  hint("npm run demo -- drift    changes the fleet behind Pulumi's back");
  hint("npm run demo -- up       repairs it");
  hint("npm run demo -- destroy  puts everything back as it was");
} else if (task === "drift") {
  for (const change of changes) {
    console.log(`  pulumi-credssp fleet ${change.join(" ")}`);
    // What is gone already cannot be taken away again; the preview shows how things stand.
    start(...credsspCommand(...change));
  }
  pulumi("preview", "--refresh", "--diff", "--suppress-outputs");
  hint("npm run demo -- up       repairs it");
} else {
  pulumi("destroy", "--yes");
  console.log("\nWhat somebody else had allowed is still there:\n");
  credssp("list");
  console.log("");
  hint("npm run demo             begins again");
}

/** @param {string} line */
function say(line) {
  console.log(`\n> ${line}`);
}

/** @param {string} line */
function hint(line) {
  console.log(`  ${line}`);
}

/** @param {string[]} args */
function pulumi(...args) {
  const stack = args[0] === "stack" ? [] : ["--stack", "demo"];
  run(found.command, [...args, ...stack]);
}

/** @param {string[]} args */
function credssp(...args) {
  run(...credsspCommand(...args));
}

/**
 * @param {string[]} args
 * @returns {[string, string[]]}
 */
function credsspCommand(...args) {
  const script = path.join("providers", "pulumi-credssp.cjs");
  return [process.execPath, [script, "fleet", ...args, "--fleet", fleet]];
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const status = start(command, args);
  if (status === 0) return;
  console.error("\nTo begin again from nothing, delete the folder .demo.");
  process.exit(status);
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function start(command, args) {
  const ended = spawnSync(command, args, {
    cwd: repository,
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return ended.status ?? 1;
}

/** Who may delegate to whom, by the stack's own outputs. */
function table() {
  const shown = spawnSync(
    found.command,
    ["stack", "output", "--json", "--stack", "demo"],
    { cwd: repository, env, encoding: "utf8" },
  );
  const { clients, servers, policies } = JSON.parse(shown.stdout);
  const rows = [
    ["HOST", "DECLARED", "BEFORE US", "NOW"],
    .../** @type {any[]} */ (clients).flatMap((one) => [
      [one.host, "client role", one.before.flag, one.flag],
      ...one.delegateComputers.map((/** @type {string} */ name) => [
        one.host,
        `may delegate to ${name}`,
        one.before.entries[name],
        one.list,
      ]),
    ]),
    .../** @type {any[]} */ (policies).flatMap((one) =>
      one.targets.map((/** @type {string} */ target) => [
        one.host,
        `${one.policy}: ${target}`,
        one.before.entries[target],
        one.list,
      ]),
    ),
    .../** @type {any[]} */ (servers).map((one) => [
      one.host,
      "accepts credentials",
      one.before.flag,
      one.flag,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...rows.map((row) => String(row[column]).length)),
  );
  console.log("");
  for (const row of rows) {
    const cells = row.map((cell, i) => String(cell).padEnd(widths[i] ?? 0));
    console.log(`  ${cells.join("  ").trimEnd()}`);
  }
  console.log("");
}
