// `npm run bench [-- --pairs 7 --hosts 100]`, `npm run bench -- fanout [--pairs 7 --sizes 1,8 --list hosts.txt]`:
// what is measured against what; see bench/README.md.
import { parseArgs } from "node:util";
import { install } from "./install.mjs";
import { findPulumiCommand, needPulumiCommand } from "./pulumiCommand.mjs";
import { fanOut } from "../bench/fanOut.mjs";
import { noChange } from "../bench/noChange.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: "string", default: "7" },
    hosts: { type: "string", default: "100" },
    sizes: { type: "string", default: "1,8,16,32" },
    list: { type: "string" },
  },
});
const pairs = Number(values.pairs);
const log = console.log;

const benches = {
  nochange: async () =>
    noChange(await needPulumiCommand(log), {
      pairs,
      hosts: Number(values.hosts),
      log,
    }),
  fanout: async () => {
    // Without Pulumi all is measured that needs none.
    const found = await findPulumiCommand({ log });
    const sizes = values.sizes.split(",").map(Number);
    const { list } = values;
    await fanOut(found.command === undefined ? undefined : found, {
      sizes,
      pairs,
      list,
      log,
    });
  },
};

const [wanted = "nochange"] = positionals;
const bench = Object.hasOwn(benches, wanted) ? benches[wanted] : undefined;
if (!bench) {
  console.error(
    `There is no bench ${wanted}. Try: ${Object.keys(benches).join(" or ")}.`,
  );
  process.exit(1);
}
install(log);
try {
  await bench();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
