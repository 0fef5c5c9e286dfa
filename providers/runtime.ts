import { randomUUID } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import { credsspClient } from "./credsspClient";
import { credsspServer } from "./credsspServer";
import { delegationPolicy } from "./delegationPolicy";
import { realClock } from "./host/clock";
import { credentialsKey } from "./host/host";
import { openTransports } from "./host/transports";
import type { Kind } from "./pulumi/definition";
import { engineLog } from "./pulumi/engineLog";
import { endWithPulumi } from "./pulumi/lifecycle";
import { providersFor, type Provider } from "./pulumi/provider";

/**
 * What the handle in Pulumi's state loads, as `pulumi-credssp/runtime`. This
 * export exists for ever: states written by any version call it.
 */
export function provider(kind: Kind): Provider {
  providers ??= start();
  // A newer version may have written the state; the handle puts what to do beside this.
  if (!Object.hasOwn(providers, kind)) {
    throw new Error(`this version of pulumi-credssp has no ${kind}`);
  }
  return providers[kind];
}

let providers: Readonly<Record<Kind, Provider>> | undefined;

/** One pool of hosts and one log for the process, made when Pulumi first asks. */
function start(): Readonly<Record<Kind, Provider>> {
  let config: dynamic.Config | undefined;
  const transports = openTransports(process.env, () =>
    config?.get(credentialsKey),
  );
  // Pulumi starts the process with the engine's address as the last argument.
  const log = engineLog(process.argv.at(-1) ?? "");
  endWithPulumi(() => transports.close(), process);
  const make = providersFor({
    connect: transports.connect,
    configured: (given) => (config = given),
    clock: realClock,
    log,
    random: Math.random,
    newId: randomUUID,
  });
  return {
    CredSSPServer: make(credsspServer),
    CredSSPClient: make(credsspClient),
    DelegationPolicy: make(delegationPolicy),
  };
}
