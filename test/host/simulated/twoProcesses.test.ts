import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { openHostFolder } from "../../../providers/host/simulated/hostFolder";
import { freshHost } from "../../../providers/host/simulated/state";
import { inTemporaryFolder } from "./temporary";

const name = "app01.do.local";
const project = join(__dirname, "..", "..", "..");

/** A process that observes and appends a letter to the ledger until it has got through so many times. */
const program = `
const { createFolderFleet } = require("./providers/host/simulated/folderFleet");
const [folder, letter, times] = process.argv.slice(1);
const host = createFolderFleet().connect("${name}", { transport: "simulated", fleet: folder });
(async () => {
  let stale = 0;
  for (let done = 0; done < Number(times); ) {
    const facts = await host.observe();
    const text = (facts.ledger ?? "") + letter;
    const { outcome } = await host.apply([{ kind: "writeLedger", text }], facts);
    if (outcome === "done") done++;
    else if (outcome === "stale") stale++;
    else throw new Error(outcome);
  }
  console.log(stale);
})();
`;

describe("two processes on one simulated host", function () {
  this.timeout(60_000);

  it("lose nothing: each finds the host moved, looks again and gets through", () =>
    inTemporaryFolder(async (folder) => {
      const hosts = openHostFolder(folder);
      await hosts.add(name, freshHost(name));
      const times = 25;
      const append = (letter: string) =>
        promisify(execFile)(
          process.execPath,
          [
            "-r",
            "ts-node/register/transpile-only",
            "-e",
            program,
            folder,
            letter,
            String(times),
          ],
          { cwd: project },
        );
      await Promise.all(["a", "b"].map(append));
      const { ledger } = await hosts.read(name);
      assert.equal(ledger?.replaceAll("b", ""), "a".repeat(times));
      assert.equal(ledger.replaceAll("a", ""), "b".repeat(times));
    }));
});
