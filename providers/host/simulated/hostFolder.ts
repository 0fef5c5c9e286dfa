import { access, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { CredsspError, problem } from "../../model/errors";
import type { Code, Details } from "../../model/errors";
import type { Cell } from "./apply";
import { codeOf, lockFile } from "./fileLock";
import type { FileLock } from "./fileLock";
import type { Fleet } from "./host";
import { formatHost, parseHost } from "./hostFile";
import type { HostState } from "./state";
import { inTurn } from "./turns";

/** A fleet that is kept in a folder, one JSON file a host. */
export interface HostFolder extends Fleet {
  /** Whether the folder is there. */
  exists(): Promise<boolean>;
  /** The hosts' names, sorted. Empty without the folder. */
  names(): Promise<readonly string[]>;
  /** Adds a host, and the folder if need be. False where the host is there already; its file is left alone. */
  add(host: string, state: HostState): Promise<boolean>;
}

/** What a folder of hosts can be told. */
export interface HostFolderOptions {
  /** How long to wait for somebody else's lock on a host. @default 30000 */
  readonly lockWaitMs?: number;
}

/**
 * Opens a folder of hosts; nothing is read before it is needed. Files are replaced in
 * one step, so reading takes no lock and never sees half of one.
 */
export function openHostFolder(
  folder: string,
  { lockWaitMs = 30_000 }: HostFolderOptions = {},
): HostFolder {
  const turn = inTurn();
  const locked = <T>(
    host: string,
    work: (file: string, lock: FileLock) => Promise<T>,
  ): Promise<T> => {
    const file = join(folder, fileNameOf(host));
    // The queue is for this process: waiting at the file's lock means asking again and again.
    return turn(file, async () => {
      const lock = await takeLock(host, file, lockWaitMs);
      try {
        return await work(file, lock);
      } finally {
        await lock.release();
      }
    });
  };
  // Async, so that a bad name rejects like any other failure.
  const read = async (host: string): Promise<HostState> =>
    readHost(folder, host);
  return {
    read,
    change: async (host, work) => {
      // Before the lock: a host that is not there gets no lock beside it.
      await read(host);
      return locked(host, async (file, lock) => {
        const before = await read(host);
        let saved = before;
        const cell: Cell = {
          state: before,
          save: async () => {
            if (cell.state === saved) return;
            if (!lock.isOurs()) throw lockedError(host, lockWaitMs);
            await write(host, file, cell.state);
            saved = cell.state;
          },
        };
        try {
          return await work(cell);
        } finally {
          await cell.save();
        }
      });
    },
    exists: () =>
      access(folder).then(
        () => true,
        () => false,
      ),
    names: async () => (await hostsIn(folder)).sort(),
    add: async (host, state) => {
      fileNameOf(host);
      await mkdir(folder, { recursive: true }).catch((error: unknown) => {
        throw notWritable(host, folder, error);
      });
      return locked(host, async (file) => {
        if (await readText(host, file).then(exists, isThere)) return false;
        await write(host, file, state);
        return true;
      });
    },
  };
}

const exists = (text: string | null): boolean => text !== null;
/** A file that cannot be read is a file. */
const isThere = (): boolean => true;

/** Names that Windows keeps for devices, whatever follows the first dot. */
const device = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/;

/**
 * The name of a host's file. Names that could leave the folder, or that some
 * system cannot keep as a file, are refused with CREDSSP101.
 */
export function fileNameOf(host: string): string {
  const name = host.toLowerCase();
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,199}$/u.test(name) || device.test(name))
    throw new CredsspError(
      "Finding the host",
      host,
      problem("CREDSSP101", {
        value: JSON.stringify(host),
        found: "what cannot be the name of a file in the fleet's folder",
      }),
    );
  return `${name}.json`;
}

async function readHost(folder: string, host: string): Promise<HostState> {
  const file = join(folder, fileNameOf(host));
  const json = await readText(host, file);
  if (json === null) throw await noSuchHost(folder, host, file);
  try {
    return parseHost(host, json);
  } catch (error) {
    throw failure("CREDSSP202", "Reading the host", host, {
      found: `${file}: ${(error as Error).message}`,
      file,
    });
  }
}

/** The text of a file, or null where there is none. */
async function readText(host: string, file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw failure("CREDSSP202", "Reading the host", host, {
      found: (error as Error).message,
      file,
    });
  }
}

async function write(
  host: string,
  file: string,
  state: HostState,
): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      // No fsync: after a power cut a simulated host may be as it was a moment ago.
      return await writeFileAtomic(file, formatHost(state), { fsync: false });
    } catch (error) {
      // Windows replaces no file that somebody is just reading.
      const busy = ["EPERM", "EACCES", "EBUSY"].includes(codeOf(error));
      if (process.platform !== "win32" || !busy || tries === 10)
        throw notWritable(host, file, error);
      await new Promise((resolve) => setTimeout(resolve, 10 * tries));
    }
}

async function takeLock(
  host: string,
  file: string,
  waitMs: number,
): Promise<FileLock> {
  const lock = await lockFile(file, waitMs).catch((error: unknown) => {
    throw notWritable(host, file, error);
  });
  if (lock === null) throw lockedError(host, waitMs);
  return lock;
}

async function hostsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length));
}

async function noSuchHost(
  folder: string,
  host: string,
  file: string,
): Promise<CredsspError> {
  const names = (await hostsIn(folder)).sort();
  const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
  const found =
    names.length === 0
      ? `no host in ${folder}`
      : `${names.slice(0, 3).join(", ")}${more} in ${folder}`;
  return failure("CREDSSP201", "Finding the host", host, {
    found,
    file,
  });
}

function notWritable(host: string, file: string, error: unknown): CredsspError {
  return failure("CREDSSP203", "Changing the host", host, {
    found: (error as Error).message,
    file,
  });
}

function lockedError(host: string, waitMs: number): CredsspError {
  return failure("CREDSSP214", "Changing the host", host, {
    seconds: waitMs / 1000,
  });
}

function failure(
  code: Code,
  attempt: string,
  host: string,
  details: Details,
): CredsspError {
  return new CredsspError(attempt, host, problem(code, details));
}
