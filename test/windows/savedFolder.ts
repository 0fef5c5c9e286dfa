import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Snapshot } from "./snapshot";

/**
 * The folder that holds a machine's state while tests change it. It is below %SystemRoot%, where only
 * administrators write, because what stands in it is put back with their rights; and every copy of the
 * repository finds it there. Registry.pol and gpt.ini lie in it as files of their own, for a person.
 */
export class SavedFolder {
  constructor(readonly path: string) {}

  /** The process that works with the folder, if it still runs. */
  worker(): number | null {
    const file = this.file("process");
    if (!existsSync(file)) return null;
    const pid = Number(readFileSync(file, "utf8"));
    return pid !== process.pid && isRunning(pid) ? pid : null;
  }

  /** What was saved, or null: nothing was, or the saving was broken off, and then nothing was changed either. */
  read(): Snapshot | null {
    const file = this.file("state.json");
    if (!existsSync(file)) return null;
    const state = JSON.parse(readFileSync(file, "utf8")) as Snapshot;
    const content = (name: string) =>
      existsSync(this.file(name))
        ? readFileSync(this.file(name)).toString("base64")
        : null;
    return {
      ...state,
      registryPol: content("Registry.pol"),
      gptIni: content("gpt.ini"),
    };
  }

  /** Notes that this process works with the folder. */
  enter(): void {
    mkdirSync(this.path, { recursive: true });
    this.write("process", Buffer.from(String(process.pid)));
  }

  /** Saves a state. It is on the disk when this returns, and state.json last: it says that all is there. */
  save({ registryPol, gptIni, ...state }: Snapshot): void {
    for (const [name, content] of [
      ["Registry.pol", registryPol],
      ["gpt.ini", gptIni],
    ] as const) {
      rmSync(this.file(name), { force: true });
      if (content !== null) this.write(name, Buffer.from(content, "base64"));
    }
    this.write("state.json", Buffer.from(JSON.stringify(state, null, 2)));
  }

  /** Forgets the state. state.json goes first: what is left then counts as nothing. */
  remove(): void {
    rmSync(this.file("state.json"), { force: true });
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }

  private file(name: string): string {
    return join(this.path, name);
  }

  private write(name: string, content: Uint8Array): void {
    const beside = this.file(`${name}.tmp`);
    writeFileSync(beside, content);
    const opened = openSync(beside, "r+");
    fsyncSync(opened);
    closeSync(opened);
    renameSync(beside, this.file(name));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, and is somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
