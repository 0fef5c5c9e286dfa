import { CredSSPClient, CredSSPServer } from "pulumi-credssp";

const connection = { transport: "simulated", fleet: "fleet" } as const;

export const { flag } = new CredSSPServer("cm12", {
  host: "cm12.do.local",
  connection,
});
export const { list } = new CredSSPClient("orch", {
  host: "orch01.do.local",
  delegateComputers: ["*.do.local"],
  connection,
});
