import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { simulated, type Config, type TestStack } from "./stack";

export const client = "orch01.do.local";
export const servers = ["cm12.do.local", "sql01.do.local"] as const;

/** What somebody else delegates to from the client: it must survive everything. */
export const foreign = "WSMAN/backup.corp.example";

/** Everything that others may have left in a host's local policy before we came. */
const othersPolicy = {
  localPolicy: {
    machineVersion: 7,
    userVersion: 3,
    registryPol: {
      "Software\\Policies\\Contoso": {
        Name: "text",
        Number: 4294967295,
        Bytes: { type: 3, hex: "00ff10" },
      },
    },
  },
};

/** The demo's kind of fleet: a management host with policies of others, and two servers. */
export async function makeDemoFleet(stack: TestStack): Promise<void> {
  const fleet = stack.fleet.folder;
  await mkdir(fleet);
  await writeFile(join(fleet, `${client}.json`), JSON.stringify(othersPolicy));
  await stack.fleet.run("new", ...servers);
  await stack.fleet.run("allow", client, foreign);
}

/** What the demo declares, with some of it replaced. */
export function demoConfig(changed: Config = {}): Config {
  return {
    connection: simulated,
    servers,
    clients: [{ host: client, delegateComputers: ["*.do.local"] }],
    policies: [
      {
        host: client,
        policy: "AllowFreshCredentials",
        targets: ["WSMAN/*.do.local"],
      },
    ],
    ...changed,
  };
}
