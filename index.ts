import * as pulumi from "@pulumi/pulumi";
import {
  CredSSPClient,
  CredSSPServer,
  declarations,
  DelegationPolicy,
} from "pulumi-credssp";

const declared = declarations(new pulumi.Config());

/** Who accepts delegated credentials. */
export const servers = declared.servers.map(({ name, args }) => {
  const { host, enabled, flag, before, warnings } = new CredSSPServer(
    name,
    args,
  );
  return { host, enabled, flag, before, warnings };
});

/** Who may delegate, and to whom. */
export const clients = declared.clients.map(({ name, args }) => {
  const client = new CredSSPClient(name, args);
  const { host, delegateComputers, enabled, flag, list, before, warnings } =
    client;
  return { host, delegateComputers, enabled, flag, list, before, warnings };
});

/** Which policies stand where. */
export const policies = declared.policies.map(({ name, args }) => {
  const made = new DelegationPolicy(name, args);
  const { host, policy, targets, enabled, list, before, warnings } = made;
  return { host, policy, targets, enabled, list, before, warnings };
});
