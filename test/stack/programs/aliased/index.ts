import { ComponentResource, Config, rootStackResource } from "@pulumi/pulumi";
import { CredSSPClient } from "pulumi-credssp";

/** What the client is called, what it was called before, and whether it is part of a component now. */
const config = new Config();
const name = config.require("name");
const former = config.get("former");
const moved = config.getBoolean("moved") === true;

const aliases = [
  ...(former === undefined ? [] : [{ name: former }]),
  ...(moved ? [{ parent: rootStackResource }] : []),
];

new CredSSPClient(
  name,
  {
    host: "orch01.do.local",
    delegateComputers: ["*.do.local"],
    connection: { transport: "simulated", fleet: "fleet" },
  },
  {
    aliases,
    ...(moved && { parent: new ComponentResource("their:Team", "team") }),
  },
);
