// `npm run bench [-- --pairs 7 --hosts 100]`, `npm run bench -- fanout [--pairs 7 --sizes 1,8 --list hosts.txt]`:
// what is measured against what; see bench/README.md.
import { install } from "./install.mjs";
import { findPulumiCommand, needPulumiCommand } from "./pulumiCommand.mjs";
import { readArguments, usage } from "../bench/arguments.mjs";
import { fanOut } from "../bench/fanOut.mjs";
import { noChange } from "../bench/noChange.mjs";

const log = console.log;
const given = readArguments(process.argv.slice(2));
if (given.bench === "help") {
  process.stdout.write(usage);
  process.exit(0);
}
if (given.bench === "wrong") {
  console.error(`${given.why}. Try: npm run bench -- --help`);
  process.exit(2);
}
install(log);
try {
  if (given.bench === "nochange") {
    noChange(await needPulumiCommand(log), { ...given, log });
  } else {
    // Without Pulumi all is measured that needs none.
    const found = await findPulumiCommand({ log });
    await fanOut(found.command === undefined ? undefined : found, {
      ...given,
      log,
    });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
