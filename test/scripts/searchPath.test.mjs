import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {
  findExecutable,
  pathFolders,
  pathName,
} from "../../scripts/pulumi/searchPath.mjs";
import { inFolder, onPosix, writeProgram } from "./fakePulumi.mjs";

describe("the search on PATH", () => {
  it("knows how Windows writes the name", () => {
    assert.equal(pathName({ HOME: "/", Path: "C:\\" }), "Path");
    assert.equal(pathName({}), "PATH");
  });

  it("leaves out folders without a name", () => {
    const PATH = ["a", "", "b"].join(path.delimiter);
    assert.deepEqual(pathFolders({ PATH }), ["a", "b"]);
    assert.deepEqual(pathFolders({}), []);
  });

  onPosix(
    "takes the first folder that has any of the names as a program",
    inFolder((folder) => {
      const folders = ["folder", "text", "good", "late"].map((name) =>
        path.join(folder, name),
      );
      fs.mkdirSync(path.join(folder, "folder", "a"), { recursive: true });
      fs.mkdirSync(path.join(folder, "text"));
      fs.writeFileSync(path.join(folder, "text", "a"), "", { mode: 0o644 });
      const good = writeProgram(path.join(folder, "good"), "b");
      writeProgram(path.join(folder, "late"), "a");
      assert.equal(findExecutable(["a", "b"], folders), good);
      assert.equal(findExecutable(["c"], folders), undefined);
    }),
  );
});
