import {
  credentials,
  type Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  ErrorResourceInitFailed,
  ReadRequest,
  UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import type {
  CheckResponse,
  CreateResponse,
  ReadResponse,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb";
import {
  Struct,
  type JavaScriptValue,
} from "google-protobuf/google/protobuf/struct_pb";
import type { Properties } from "../../providers/pulumi/definition";

/** The calls that Pulumi's engine makes, with plain objects in place of messages. */
export interface ProviderClient {
  check(news: Properties, olds?: Properties): Promise<CheckAnswer>;
  diff(id: string, olds: Properties, news: Properties): Promise<DiffAnswer>;
  create(inputs: Properties): Promise<CreateAnswer>;
  read(id: string, state: Properties): Promise<ReadAnswer>;
  update(id: string, olds: Properties, news: Properties): Promise<Properties>;
  delete(id: string, state: Properties): Promise<void>;
  readonly close: () => void;
}

export interface CheckAnswer {
  readonly inputs: Properties;
  readonly failures: readonly {
    readonly property: string;
    readonly reason: string;
  }[];
}

export interface DiffAnswer {
  readonly changes: "none" | "some" | "unknown";
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
}

export interface CreateAnswer {
  readonly id: string;
  readonly outputs: Properties;
}

export interface ReadAnswer {
  readonly id: string;
  readonly outputs: Properties;
  readonly inputs: Properties;
}

/** A call that failed, as the engine sees it. */
export class CallError extends Error {
  /** The name of the gRPC status. */
  readonly status: string;
  /** Not null: the resource is kept, as "initialised with errors". */
  readonly initFailed: {
    readonly id: string;
    readonly properties: Properties;
    readonly reasons: readonly string[];
  } | null;

  constructor({ code, details, metadata }: ServiceError) {
    super(details);
    this.status = status[code];
    this.initFailed = initFailure(metadata);
  }
}

const changes = {
  [DiffResponse.DiffChanges.DIFF_NONE]: "none",
  [DiffResponse.DiffChanges.DIFF_SOME]: "some",
  [DiffResponse.DiffChanges.DIFF_UNKNOWN]: "unknown",
} as const;

/** Opens the line to a provider process. */
export function connectProvider(port: number): ProviderClient {
  const client = new ResourceProviderClient(
    `127.0.0.1:${port}`,
    credentials.createInsecure(),
  );
  return {
    async check(news, olds = {}) {
      const request = new CheckRequest();
      request.setNews(toStruct(news)).setOlds(toStruct(olds));
      const answer = await call<CheckResponse>((done) =>
        client.check(request, done),
      );
      return {
        inputs: fromStruct(answer.getInputs()),
        failures: answer.getFailuresList().map((failure) => ({
          property: failure.getProperty(),
          reason: failure.getReason(),
        })),
      };
    },
    async diff(id, olds, news) {
      const request = new DiffRequest().setId(id);
      request.setOlds(toStruct(olds)).setNews(toStruct(news));
      const answer = await call<DiffResponse>((done) =>
        client.diff(request, done),
      );
      return {
        changes: changes[answer.getChanges()],
        replaces: answer.getReplacesList(),
        deleteBeforeReplace: answer.getDeletebeforereplace(),
      };
    },
    async create(inputs) {
      const request = new CreateRequest().setProperties(toStruct(inputs));
      const answer = await call<CreateResponse>((done) =>
        client.create(request, done),
      );
      return {
        id: answer.getId(),
        outputs: fromStruct(answer.getProperties()),
      };
    },
    async read(id, state) {
      const request = new ReadRequest().setId(id);
      request.setProperties(toStruct(state));
      const answer = await call<ReadResponse>((done) =>
        client.read(request, done),
      );
      return {
        id: answer.getId(),
        outputs: fromStruct(answer.getProperties()),
        inputs: fromStruct(answer.getInputs()),
      };
    },
    async update(id, olds, news) {
      const request = new UpdateRequest().setId(id);
      request.setOlds(toStruct(olds)).setNews(toStruct(news));
      const answer = await call<UpdateResponse>((done) =>
        client.update(request, done),
      );
      return fromStruct(answer.getProperties());
    },
    async delete(id, state) {
      const request = new DeleteRequest().setId(id);
      request.setProperties(toStruct(state));
      await call<Empty>((done) => client.delete(request, done));
    },
    close: () => client.close(),
  };
}

function call<T>(
  start: (done: (error: ServiceError | null, answer: T) => void) => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, answer) =>
      error ? reject(new CallError(error)) : resolve(answer),
    );
  });
}

function initFailure(metadata: Metadata): CallError["initFailed"] {
  const [packed] = metadata.get("grpc-status-details-bin");
  if (packed === undefined) return null;
  const [detail] = Status.deserializeBinary(
    Buffer.from(packed),
  ).getDetailsList();
  const failed = detail?.unpack(
    (bytes) => ErrorResourceInitFailed.deserializeBinary(bytes),
    "pulumirpc.ErrorResourceInitFailed",
  );
  return failed
    ? {
        id: failed.getId(),
        properties: fromStruct(failed.getProperties()),
        reasons: failed.getReasonsList(),
      }
    : null;
}

function toStruct(properties: Properties): Struct {
  return Struct.fromJavaScript(properties as Record<string, JavaScriptValue>);
}

function fromStruct(struct: Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}
