// `npm run test:windows [-- --grep TEXT | --restore | --domain-joined]`: holds the PowerShell adapter to the contract
// suite on this very Windows. What it touches is saved before and put back after, also by the next run; see
// test/windows/run.ts. Everything runs in this one process, so that what kills it ends the tests too.
import { createRequire } from "node:module";
import { install } from "./install.mjs";

const usage = `Usage: npm run test:windows -- [--grep TEXT] [--domain-joined]
       npm run test:windows -- --restore

Holds the PowerShell adapter to its contract on this Windows, from an elevated
session. Settings of the machine are saved before, and put back after.

  --grep TEXT       only cases with this text in their names
  --domain-joined   on a machine of a domain, too
  --restore         only put back what a run that was killed has left
`;
if (process.argv.slice(2).some((one) => ["--help", "-h"].includes(one))) {
  process.stdout.write(usage);
  process.exit(0);
}

install(console.log);
const require = createRequire(import.meta.url);
require("ts-node/register/transpile-only");
require("../test/windows/main.ts");
