// `npm run test:windows [-- --grep TEXT | --restore | --domain-joined]`: holds the PowerShell adapter to the contract
// suite on this very Windows. What it touches is saved before and put back after, also by the next run; see
// test/windows/run.ts. Everything runs in this one process, so that what kills it ends the tests too.
import { createRequire } from "node:module";
import { install } from "./install.mjs";

install(console.log);
const require = createRequire(import.meta.url);
require("ts-node/register/transpile-only");
require("../test/windows/main.ts");
