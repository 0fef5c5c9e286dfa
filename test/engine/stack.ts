import assert from "node:assert/strict";
import type { Kind, Properties } from "../../providers/pulumi/definition";
import { declare } from "./declared";
import {
  startDynamicProvider,
  type DynamicProvider,
  type StartOptions,
} from "./dynamicProvider";
import { faulty, TemporaryFleet, type Change } from "./fleet";

/** A resource as Pulumi's state holds it. */
export interface Resource {
  readonly urn: string;
  readonly id: string;
  /** Checked inputs. */
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** A provider process and a fleet, for the tests of a file. */
export interface Stack {
  readonly provider: DynamicProvider;
  readonly fleet: TemporaryFleet;
  /** Adds a fresh host, quick in policy processing, under a name that no other test has. */
  host(change?: Change): Promise<string>;
  /** Declares a resource on a host of the fleet and has its inputs checked. */
  checked(kind: Kind, host: string, more?: Properties): Promise<Properties>;
  /** Check and create, as the engine does it for a new resource. */
  create(kind: Kind, host: string, more?: Properties): Promise<Resource>;
}

/** Starts a process and makes a fleet before the tests of a suite, and ends both after them. */
export function inOneStack(options: StartOptions = {}): Stack {
  let provider: DynamicProvider | undefined;
  let fleet: TemporaryFleet | undefined;
  let hosts = 0;
  before(async () => {
    fleet = await TemporaryFleet.make();
    provider = await startDynamicProvider(options);
  });
  after(async () => {
    await provider?.stop();
    await fleet?.dispose();
  });
  const stack: Stack = {
    get provider() {
      return provider ?? assert.fail("the process is started before a test");
    },
    get fleet() {
      return fleet ?? assert.fail("the fleet is made before a test");
    },
    host: (change = (state) => state) =>
      stack.fleet.add(`app${++hosts}.do.local`, (fresh) =>
        change(faulty({ policyDelayMs: 0, validateSeconds: 1 })(fresh)),
      ),
    async checked(kind, host, more) {
      const { inputs } = declare(kind, host, stack.fleet.connection, more);
      const checked = await stack.provider.check(inputs);
      assert.deepEqual(checked.failures, []);
      return checked.inputs;
    },
    async create(kind, host, more) {
      const { urn } = declare(kind, host, stack.fleet.connection, more);
      const inputs = await stack.checked(kind, host, more);
      return { urn, inputs, ...(await stack.provider.create(inputs)) };
    },
  };
  return stack;
}
