import assert from "node:assert/strict";
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { createFolderFleet } from "../../../providers/host/simulated/folderFleet";
import {
  fileNameOf,
  openHostFolder,
} from "../../../providers/host/simulated/hostFolder";
import { freshHost } from "../../../providers/host/simulated/state";
import { CredsspError } from "../../../providers/model/errors";
import type { Code } from "../../../providers/model/errors";
import { inTemporaryFolder } from "./temporary";

const name = "app01.do.local";
const ledger = (text: string) => [{ kind: "writeLedger", text }] as const;

/** Connects to a host of a fleet in a folder. */
const connect = (folder: string, host = name, lockWaitMs = 5_000) =>
  createFolderFleet({ lockWaitMs }).connect(host, {
    transport: "simulated",
    fleet: folder,
  });

/** Expects an error of the catalogue with this code, found and first line. */
const refused = (code: Code, found: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CredsspError, String(error));
  assert.equal(error.problem.code, code);
  assert.match(error.problem.found, found);
  assert.doesNotMatch(error.message, /\{\w+\}/, "every fact is filled in");
  return true;
};

describe("a folder of simulated hosts", () => {
  it("keeps a host under its lower-case name and changes nothing but its file", () =>
    inTemporaryFolder(async (folder) => {
      await openHostFolder(folder).add("App01.do.local", freshHost(name));
      const host = connect(folder, "APP01.DO.LOCAL");
      await host.apply(ledger("{}"), await host.observe());
      assert.deepEqual(await readdir(folder), ["app01.do.local.json"]);
      assert.equal((await connect(folder).observe()).ledger, "{}");
    }));

  it("finds a relative folder in the folder it is told", () =>
    inTemporaryFolder(async (base) => {
      await openHostFolder(join(base, "fleet")).add(name, freshHost(name));
      const host = createFolderFleet({ base }).connect(name, {
        transport: "simulated",
        fleet: "fleet",
      });
      assert.equal((await host.observe()).computer.name, "APP01");
    }));

  it("does not write a file that would stay as it is", () =>
    inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, "a.json"), "{}");
      const host = connect(folder, "a");
      await host.apply([], await host.observe());
      assert.equal(await readFile(join(folder, "a.json"), "utf8"), "{}");
    }));

  it("adds no host twice, and leaves a damaged file alone", () =>
    inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, "a.json"), "damaged");
      const hosts = openHostFolder(folder);
      assert.equal(await hosts.add("A", freshHost("a")), false);
      assert.equal(await hosts.add("b", freshHost("b")), true);
      assert.equal(await readFile(join(folder, "a.json"), "utf8"), "damaged");
      assert.deepEqual(await hosts.names(), ["a", "b"]);
    }));

  it("says whether the folder is there", () =>
    inTemporaryFolder(async (folder) => {
      const hosts = openHostFolder(join(folder, "new"));
      assert.equal(await hosts.exists(), false);
      assert.deepEqual(await hosts.names(), []);
      await hosts.add("a", freshHost("a"));
      assert.equal(await hosts.exists(), true);
    }));

  it("says who is there when a host is not (CREDSSP201), and leaves nothing behind", () =>
    inTemporaryFolder(async (folder) => {
      const host = connect(folder, "nobody");
      await assert.rejects(
        host.observe(),
        refused("CREDSSP201", /^no host in/),
      );
      await assert.rejects(
        connect(join(folder, "none")).observe(),
        refused("CREDSSP201", /^no host in .*none$/),
      );
      const planned = freshFacts();
      for (const other of ["d", "b", "a", "c"])
        await writeFile(join(folder, `${other}.json`), "{}");
      const found = refused("CREDSSP201", /^a, b, c and 1 more in /);
      await assert.rejects(host.observe(), found);
      await assert.rejects(async () => host.apply([], await planned), found);
      assert.equal((await readdir(folder)).length, 4);
    }));

  it("names the place of a fault in a file (CREDSSP202), and leaves the file alone", () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "a.json");
      const damaged = '{\n  "winrm": {"status": "Run';
      await writeFile(file, damaged);
      const host = connect(folder, "a");
      const found = refused("CREDSSP202", /a\.json: line 2, column 27: /);
      await assert.rejects(host.observe(), found);
      await assert.rejects(
        async () => host.apply(ledger("{}"), await freshFacts()),
        found,
      );
      assert.equal(await readFile(file, "utf8"), damaged);
      assert.deepEqual(await readdir(folder), ["a.json"]);
    }));

  it("says that a folder in a file's place cannot be read (CREDSSP202)", () =>
    inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, "a.json"));
      await assert.rejects(
        connect(folder, "a").observe(),
        refused("CREDSSP202", /EISDIR/),
      );
    }));

  it("says that it may not write (CREDSSP203), and can look all the same", async function () {
    // Windows' folders know no such permission.
    if (process.platform === "win32") return this.skip();
    await inTemporaryFolder(async (folder) => {
      await openHostFolder(folder).add(name, freshHost(name));
      await chmod(folder, 0o555);
      const host = connect(folder);
      const before = await host.observe();
      await asSomebodyElse(async () => {
        const found = refused("CREDSSP203", /EACCES/);
        await assert.rejects(host.apply(ledger("{}"), before), found);
        await assert.rejects(
          openHostFolder(folder).add("b", freshHost("b")),
          found,
        );
        await assert.rejects(
          openHostFolder(join(folder, "sub")).add("b", freshHost("b")),
          found,
        );
      });
      assert.deepEqual(await host.observe(), before);
      await chmod(folder, 0o755);
    });
  });

  it("says that it may not write where the fleet's folder is a file (CREDSSP203)", () =>
    inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, "fleet"), "");
      await assert.rejects(
        openHostFolder(join(folder, "fleet")).add("b", freshHost("b")),
        refused("CREDSSP203", /EEXIST|ENOTDIR/),
      );
    }));

  it("waits for somebody else's lock, and gives up after a while (CREDSSP214)", () =>
    inTemporaryFolder(async (folder) => {
      await openHostFolder(folder).add(name, freshHost(name));
      const host = connect(folder, name, 200);
      const before = await host.observe();
      await mkdir(join(folder, `${name}.json.lock`));
      await assert.rejects(
        host.apply(ledger("{}"), before),
        refused("CREDSSP214", /^waited 0\.2 seconds$/),
      );
      assert.deepEqual(await host.observe(), before, "looking takes no lock");
    }));

  it("takes over the lock of a process that died", () =>
    inTemporaryFolder(async (folder) => {
      await openHostFolder(folder).add(name, freshHost(name));
      const lock = join(folder, `${name}.json.lock`);
      await mkdir(lock);
      const longAgo = new Date(Date.now() - 60_000);
      await utimes(lock, longAgo, longAgo);
      const host = connect(folder, name, 200);
      const applied = await host.apply(ledger("{}"), await host.observe());
      assert.equal(applied.outcome, "done");
      assert.deepEqual(await readdir(folder), [`${name}.json`]);
    }));

  it("does not let an error in the work keep the lock, nor lose what was done", () =>
    inTemporaryFolder(async (folder) => {
      const hosts = openHostFolder(folder, { lockWaitMs: 200 });
      await hosts.add(name, freshHost(name));
      await assert.rejects(
        hosts.change(name, (cell) => {
          cell.state = { ...cell.state, ledger: "half" };
          return Promise.reject(new Error("in the middle"));
        }),
        /in the middle/,
      );
      assert.equal((await hosts.read(name)).ledger, "half");
      await hosts.change(name, () => Promise.resolve());
    }));

  const bad = [
    "",
    "..",
    ".hidden",
    "a/b",
    "a\\b",
    "a\0",
    "c:x",
    "con",
    "NUL.do",
    "a b",
    "*",
    "::1",
    "x".repeat(201),
  ];
  for (const host of bad)
    it(`takes ${JSON.stringify(host).slice(0, 20)} for no host's name (CREDSSP101)`, () =>
      inTemporaryFolder(async (folder) => {
        await assert.rejects(
          connect(folder, host).observe(),
          refused("CREDSSP101", /name of a file/),
        );
        await assert.rejects(
          openHostFolder(folder).add(host, freshHost("a")),
          refused("CREDSSP101", /name of a file/),
        );
        assert.deepEqual(await readdir(folder), []);
      }));

  it("takes what hosts are called for a host's name", () => {
    assert.equal(fileNameOf("CM12.do.local"), "cm12.do.local.json");
    assert.equal(fileNameOf("10.0.0.1"), "10.0.0.1.json");
    assert.equal(fileNameOf("bücher_1-a"), "bücher_1-a.json");
    assert.equal(fileNameOf("connie"), "connie.json");
  });
});

/** The facts of a host that is as good as any. */
const freshFacts = () =>
  inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, "x.json"), "{}");
    return connect(folder, "x").observe();
  });

/** Does the work without root's right to write everywhere, where the tests run as root. */
async function asSomebodyElse(work: () => Promise<void>): Promise<void> {
  const nobody = 65534;
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(nobody);
  try {
    await work();
  } finally {
    if (root) process.seteuid?.(0);
  }
}
