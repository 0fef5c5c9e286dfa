// `npm run bench [-- --pairs 7 --hosts 100]`: what is measured against what; see bench/README.md.
import { parseArgs } from "node:util";
import { install } from "./install.mjs";
import { needPulumiCommand } from "./pulumiCommand.mjs";
import { noChange } from "../bench/noChange.mjs";

const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "7" },
    hosts: { type: "string", default: "100" },
  },
});

install(console.log);
const found = await needPulumiCommand(console.log);
noChange(found, {
  pairs: Number(values.pairs),
  hosts: Number(values.hosts),
  log: console.log,
});
