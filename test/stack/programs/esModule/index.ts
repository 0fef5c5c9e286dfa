import { readdir } from "node:fs/promises";
import { CredSSPClient, CredSSPServer } from "pulumi-credssp";

const connection = { transport: "simulated", fleet: "fleet" } as const;
const management = "orch01.do.local";

// Only an ES module may wait here.
const files = await readdir(connection.fleet);

export const accepts = files
  .map((file) => file.replace(/\.json$/, ""))
  .filter((host) => host !== management)
  .map((host) => new CredSSPServer(host, { host, connection }).flag);

export const { list } = new CredSSPClient("orch", {
  host: management,
  delegateComputers: ["*.do.local"],
  connection,
});
