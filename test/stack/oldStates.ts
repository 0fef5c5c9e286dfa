import { readdirSync } from "node:fs";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { TestStack } from "./stack";

/**
 * States that earlier versions wrote, each with the fleet it speaks of:
 *
 *     v1.json           `pulumi stack export`, without what differs from run to run
 *     v1/stack.json     the configuration of that stack
 *     v1/before/        the fleet as it was before the stack
 *     v1/after/         the fleet as the state says
 */
export const statesFolder = resolve(__dirname, "..", "golden", "state");

/** An export as the automation API gives and takes it. */
type Export = Awaited<ReturnType<TestStack["export"]>>;

/** The names of the states, such as `v1`. */
export function stateNames(): readonly string[] {
  return readdirSync(statesFolder)
    .flatMap((file) => /^(v\d+)\.json$/.exec(file)?.[1] ?? [])
    .sort();
}

/** The exported state of that name. */
export async function readState(name: string): Promise<Export> {
  const text = await readFile(join(statesFolder, `${name}.json`), "utf8");
  return JSON.parse(text) as Export;
}

/** The configuration that the state was made by. */
export async function readConfig(
  name: string,
): Promise<Readonly<Record<string, unknown>>> {
  const file = join(statesFolder, name, "stack.json");
  return JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
}

/** Puts a recorded fleet into a stack's folder. */
export async function placeFleet(
  stack: TestStack,
  name: string,
  when: "before" | "after",
): Promise<void> {
  const from = join(statesFolder, name, when);
  await cp(from, stack.fleet.folder, { recursive: true });
}

/** Keeps a fleet of a stack's. */
export async function keepFleet(
  stack: TestStack,
  name: string,
  when: "before" | "after",
): Promise<void> {
  const to = join(statesFolder, name, when);
  await mkdir(to, { recursive: true });
  for (const [host, text] of Object.entries(await stack.fleet.files())) {
    await writeFile(join(to, `${host}.json`), text);
  }
}

/** Keeps a state; one that is there already is never overwritten. */
export async function keepState(
  name: string,
  state: Export,
  config: Readonly<Record<string, unknown>>,
): Promise<void> {
  const json = (value: unknown): string =>
    `${JSON.stringify(value, null, 2)}\n`;
  await writeFile(join(statesFolder, `${name}.json`), json(normalised(state)), {
    flag: "wx",
  });
  await writeFile(join(statesFolder, name, "stack.json"), json(config));
}

/** Pulumi's own record of when and from which lines of which files a resource came. */
const volatile = ["created", "modified", "stackTrace", "sourcePosition"];

/** Without times, file paths and the passphrase's salt, none of which a state needs. */
function normalised(state: Export): Export {
  const { resources, manifest, ...rest } = state.deployment as {
    readonly resources: readonly object[];
    readonly manifest: object;
    readonly secrets_providers?: unknown;
  };
  const { secrets_providers: _, ...deployment } = rest;
  return {
    ...state,
    deployment: {
      manifest: { ...manifest, time: "2000-01-01T00:00:00Z" },
      ...deployment,
      resources: resources.map((resource) =>
        Object.fromEntries(
          Object.entries(resource).filter(([key]) => !volatile.includes(key)),
        ),
      ),
    },
  };
}
