import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Says something to the person who runs Pulumi, on the row of the resource it concerns. */
export interface Log {
  /** Shown while the operation runs, then gone. */
  progress(urn: string, message: string): void;
  /** Stays. */
  warning(urn: string, message: string): void;
}

/**
 * A log that reaches Pulumi's engine. The dynamic-provider process does not set
 * one up, but its last argument is the engine's address.
 */
export function engineLog(address: string): Log {
  const client = new EngineClient(address, credentials.createInsecure());
  const send = (
    severity: LogSeverity,
    urn: string,
    message: string,
    ephemeral: boolean,
  ): void => {
    const request = new LogRequest();
    request.setSeverity(severity);
    request.setMessage(message);
    request.setUrn(urn);
    request.setEphemeral(ephemeral);
    // A message that is lost costs nobody anything; the outcome is in the state.
    client.log(request, () => undefined);
  };
  return {
    progress: (urn, message) => send(LogSeverity.INFO, urn, message, true),
    warning: (urn, message) => send(LogSeverity.WARNING, urn, message, false),
  };
}
