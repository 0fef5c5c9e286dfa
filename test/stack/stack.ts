import type {
  EngineEvent,
  OutputMap,
  Stack as PulumiStack,
} from "@pulumi/pulumi/automation";
import {
  LocalWorkspace,
  PulumiCommand,
  Stack,
} from "@pulumi/pulumi/automation";
import {
  copyFile,
  mkdir,
  mkdtemp,
  realpath,
  rm,
  symlink,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { FoundPulumi } from "../support/tiers";
import { environment, repository } from "./environment";
import { TestFleet } from "./fleet";

/** What a stack's configuration may hold; anything, because bad input is tested too. */
export type Config = Readonly<Record<string, unknown>>;

/** A run of `pulumi`: what it did, or why it could not. */
export interface Ran {
  /** Null when it succeeded. */
  readonly error: Error | null;
  readonly events: readonly EngineEvent[];
  readonly outputs: OutputMap;
}

/** How a run may be told to differ. */
export interface RunOptions {
  /** Fails where there is anything to do. */
  readonly expectNoChanges?: boolean;
  /** Looks at the hosts first. */
  readonly refresh?: boolean;
  /** Goes on with other resources when one fails; Pulumi stops at the first otherwise. */
  readonly continueOnError?: boolean;
  /** URNs of resources to replace although nothing of them has changed. */
  readonly replace?: string[];
  /** Interrupts `pulumi` as Ctrl-C does. */
  readonly signal?: AbortSignal;
}

/** A resource as Pulumi's state holds it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly initErrors?: readonly string[];
}

/** A project to run: where it is, and what it consists of. */
export interface Project {
  readonly folder: string;
  readonly files: readonly string[];
  /** Where among the files the program is, when it is one package of a workspace; at their top otherwise. */
  readonly member?: string;
  /** Brings the program's packages to where the files were copied. This repository's are linked there otherwise. */
  readonly install?: (copy: string) => Promise<void>;
  /** Whether Pulumi is to check its types, as it does by default. */
  readonly typeCheck: boolean;
}

/** The project of this repository. `tsc --noEmit` has checked its types; here it would cost a second a run. */
export const own: Project = {
  folder: repository,
  files: ["index.ts", "Pulumi.yaml", "package.json", "tsconfig.json"],
  typeCheck: false,
};

/** A project of somebody who uses the package, in test/stack/programs. */
export function program(name: string): Project {
  return {
    folder: join(__dirname, "programs", name),
    files: ["index.ts", "Pulumi.yaml", "package.json"],
    typeCheck: true,
  };
}

/** Gives a project the packages of this repository. */
async function linkPackages(copy: string): Promise<void> {
  await symlink(
    join(repository, "node_modules"),
    join(copy, "node_modules"),
    "junction",
  );
}

/** The name of every stack here; old states name it in their URNs. */
export const stackName = "test";

/** Where the fleet is, as a connection says it: relative to the project. */
export const simulated = { transport: "simulated", fleet: "fleet" } as const;

/**
 * A project in a temporary folder of its own, with its own simulated fleet and
 * its own Pulumi state: this repository's project unless another is named.
 */
export class TestStack {
  readonly fleet: TestFleet;

  private constructor(
    /** The temporary folder, which the project's is in or is itself. */
    private readonly top: string,
    /** The folder of the project: where every process of a run works. */
    readonly folder: string,
    private readonly stack: PulumiStack,
  ) {
    this.fleet = new TestFleet(join(folder, simulated.fleet));
  }

  /** @param env what the variables of its runs are made of. */
  static async open(
    found: FoundPulumi,
    project: Project = own,
    env: NodeJS.ProcessEnv = process.env,
  ): Promise<TestStack> {
    const top = await realpath(await mkdtemp(join(tmpdir(), "credssp-stack-")));
    try {
      return await TestStack.openIn(top, found, project, env);
    } catch (error) {
      await rm(top, { recursive: true, force: true });
      throw error;
    }
  }

  private static async openIn(
    top: string,
    found: FoundPulumi,
    project: Project,
    env: NodeJS.ProcessEnv,
  ): Promise<TestStack> {
    for (const name of project.files) {
      await mkdir(dirname(join(top, name)), { recursive: true });
      await copyFile(join(project.folder, name), join(top, name));
    }
    await (project.install ?? linkPackages)(top);
    const folder = join(top, project.member ?? "");
    const workspace = await LocalWorkspace.create({
      workDir: folder,
      pulumiCommand: await PulumiCommand.get(
        found.root === undefined ? undefined : { root: found.root },
      ),
      envVars: await environment(found, folder, project.typeCheck, env),
    });
    const stack = await Stack.create(stackName, workspace);
    return new TestStack(top, folder, stack);
  }

  async close(): Promise<void> {
    await rm(this.top, { recursive: true, force: true });
  }

  /** Replaces the stack's configuration. Keys are the project's own. */
  async configure(config: Config): Promise<void> {
    const { workspace } = this.stack;
    const settings = await workspace.stackSettings(stackName);
    const { name } = await workspace.projectSettings();
    await workspace.saveStackSettings(stackName, {
      ...settings,
      config: Object.fromEntries(
        Object.entries(config).map(([key, value]) => [`${name}:${key}`, value]),
      ),
    });
  }

  up(options: RunOptions = {}): Promise<Ran> {
    return ran(async (onEvent) => {
      const { outputs } = await this.stack.up({ ...options, onEvent });
      return outputs;
    });
  }

  preview(options: Omit<RunOptions, "continueOnError"> = {}): Promise<Ran> {
    return ran((onEvent) => this.stack.preview({ ...options, onEvent }));
  }

  refresh(options: { expectNoChanges?: boolean } = {}): Promise<Ran> {
    return ran((onEvent) => this.stack.refresh({ ...options, onEvent }));
  }

  destroy(): Promise<Ran> {
    return ran((onEvent) => this.stack.destroy({ onEvent }));
  }

  /** Our resources as the state holds them, by name. */
  async state(): Promise<Readonly<Record<string, StateResource>>> {
    const resources = resourcesOf((await this.export()).deployment);
    return Object.fromEntries(
      resources
        .filter(({ type }) => type.includes(":dynamic/credssp:"))
        .map((resource) => [nameOf(resource.urn), resource]),
    );
  }

  /** The whole state, as `pulumi stack export` prints it. */
  async export() {
    return this.stack.exportStack();
  }

  async import(state: Awaited<ReturnType<PulumiStack["exportStack"]>>) {
    await this.stack.importStack(state);
  }

  /** `pulumi cancel`: frees the lock of a run that was killed. */
  async cancel(): Promise<void> {
    await this.stack.cancel();
  }
}

/** The resources in an exported state. */
export function resourcesOf(deployment: unknown): readonly StateResource[] {
  const { resources = [] } = deployment as { resources?: StateResource[] };
  return resources;
}

/** The name in a URN. */
export function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}

async function ran(
  work: (onEvent: (event: EngineEvent) => void) => Promise<unknown>,
): Promise<Ran> {
  const events: EngineEvent[] = [];
  try {
    const result = await work((event) => events.push(event));
    return { error: null, events, outputs: (result ?? {}) as OutputMap };
  } catch (error) {
    return { error: error as Error, events, outputs: {} };
  }
}
