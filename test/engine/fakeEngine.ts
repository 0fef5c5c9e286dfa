import {
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
} from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogSeverity, type LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

/** Something that was said to the engine. */
export interface EngineMessage {
  readonly severity: "debug" | "info" | "warning" | "error";
  readonly urn: string;
  readonly text: string;
  readonly ephemeral: boolean;
}

/** Pulumi's engine, as far as a dynamic provider sees it: it listens. */
export interface FakeEngine {
  /** Where it listens: the dynamic-provider process gets it as its last argument. */
  readonly address: string;
  /** All that was said, in the order in which it arrived. */
  readonly messages: readonly EngineMessage[];
  close(): void;
}

const severities = {
  [LogSeverity.DEBUG]: "debug",
  [LogSeverity.INFO]: "info",
  [LogSeverity.WARNING]: "warning",
  [LogSeverity.ERROR]: "error",
} as const;

/** Starts an engine that keeps what it is told. */
export async function startFakeEngine(): Promise<FakeEngine> {
  const messages: EngineMessage[] = [];
  const server = new Server();
  server.addService(EngineService, {
    log: (
      { request }: ServerUnaryCall<LogRequest, Empty>,
      answer: sendUnaryData<Empty>,
    ) => {
      messages.push({
        severity: severities[request.getSeverity()],
        urn: request.getUrn(),
        text: request.getMessage(),
        ephemeral: request.getEphemeral(),
      });
      answer(null, new Empty());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      "127.0.0.1:0",
      ServerCredentials.createInsecure(),
      (error, bound) => (error ? reject(error) : resolve(bound)),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    messages,
    close: () => server.forceShutdown(),
  };
}
