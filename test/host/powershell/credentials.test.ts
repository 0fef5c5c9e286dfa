import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { credentialsKey } from "../../../providers/host/host";
import {
  resolveCredential,
  type Credential,
} from "../../../providers/host/powershell/credentials";
import { reasonOf, type Problem } from "../../../providers/model/errors";

/** Every secret of these tests, and what must not be seen beside it, has this in it. */
const secret = "hunter2";

/** Where a credential may be. */
interface Places {
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: string | Error;
  readonly config?: string;
  readonly platform?: NodeJS.Platform;
}

/** Looks "lab" up on a machine that has just these places. */
function lookUp(places: Places, name = "lab"): Credential | Problem {
  const { env = {}, file, config, platform = "linux" } = places;
  return resolveCredential(
    name,
    file === undefined ? env : { CREDSSP_CREDENTIALS: "/etc/lab.json", ...env },
    platform,
    (path) => {
      assert.equal(path, "/etc/lab.json");
      return typeof file === "string" ? file : assert.fail(file);
    },
    () => config,
  );
}

/** Why a credential is not found: a whole sentence, without a secret. */
function refusal(found: Credential | Problem): string {
  assert.ok("code" in found, "a credential was found");
  const text = reasonOf(found);
  assert.doesNotMatch(text, new RegExp(secret, "u"));
  assert.doesNotMatch(text, /\{\w+\}/u);
  return text;
}

const asJson = (userName: string): string =>
  JSON.stringify({ lab: { username: userName, password: `${secret}!` } });
const credential = (userName: string): Credential => ({
  userName,
  password: `${secret}!`,
});
const variables = {
  CREDSSP_LAB_USERNAME: "by variable",
  CREDSSP_LAB_PASSWORD: `${secret}!`,
};

describe("A credential", () => {
  it("is looked for in the variables, then in the file, then in the stack's configuration", () => {
    const file = asJson("by file");
    const config = asJson("by config");
    const everywhere = { env: variables, file, config };
    assert.deepEqual(lookUp(everywhere), credential("by variable"));
    assert.deepEqual(lookUp({ file, config }), credential("by file"));
    assert.deepEqual(lookUp({ config }), credential("by config"));
    assert.deepEqual(
      lookUp({ file: "{}", config }),
      credential("by config"),
      "a file without the name",
    );
  });

  it("reads no file and no configuration when the variables are set", () => {
    const never = (): never => assert.fail("not needed");
    const env = { ...variables, CREDSSP_CREDENTIALS: "/etc/lab.json" };
    assert.deepEqual(
      resolveCredential("lab", env, "linux", never, never),
      credential("by variable"),
    );
  });

  it("is what the places say now, not what they said before", () => {
    const env: Record<string, string> = { ...variables };
    const password = (): unknown => resolveCredential("lab", env, "linux");
    assert.deepEqual(password(), credential("by variable"));
    env["CREDSSP_LAB_PASSWORD"] = "changed";
    assert.deepEqual(password(), {
      userName: "by variable",
      password: "changed",
    });
  });

  it("has its name in capitals in the variables, in any case on Windows, and as declared in JSON", () => {
    const env = { credssp_Lab_username: "u", CREDSSP_LAB_PASSWORD: "p" };
    const found = { userName: "u", password: "p" };
    assert.deepEqual(lookUp({ env, platform: "win32" }), found);
    assert.match(refusal(lookUp({ env })), /CREDSSP221/u);
    assert.deepEqual(
      lookUp({ env: variables }, "lAb"),
      credential("by variable"),
    );
    assert.match(
      refusal(lookUp({ file: asJson("u") }, "Lab")),
      /no Lab in .*CREDSSP220/u,
    );
  });

  describe("in a file", () => {
    let path: string;
    beforeEach(() => {
      path = join(mkdtempSync(join(tmpdir(), "credssp-")), "credentials.json");
    });
    afterEach(() => rmSync(dirname(path), { recursive: true }));
    const find = (): Credential | Problem =>
      resolveCredential("lab", { CREDSSP_CREDENTIALS: path }, "linux");

    it("is read from the file itself unless a test says otherwise", () => {
      assert.match(refusal(find()), /Found: ENOENT.*CREDSSP222/u);
      writeFileSync(path, asJson("u"));
      assert.deepEqual(find(), credential("u"));
    });

    it("may be written by Windows PowerShell, in UTF-8 with a byte order mark or in UTF-16", () => {
      writeFileSync(path, `\uFEFF${asJson("ü")}`);
      assert.deepEqual(find(), credential("ü"));
      writeFileSync(path, `\uFEFF${asJson("ü")}\r\n`, "utf16le");
      assert.deepEqual(find(), credential("ü"));
    });

    it("is not waited for where the file is a FIFO, nor read from a folder", function () {
      mkdirSync(path);
      const found =
        /Found: no regular file, for .*Needed: a regular file.*222/u;
      assert.match(refusal(find()), found);
      if (process.platform === "win32") this.skip();
      rmdirSync(path);
      execFileSync("mkfifo", [path]);
      // In another process: this one would wait with it.
      const script = `require("ts-node/register/transpile-only");
        const { resolveCredential } = require("./providers/host/powershell/credentials");
        console.log(JSON.stringify(resolveCredential("lab", process.env, "linux")))`;
      const env = { ...process.env, CREDSSP_CREDENTIALS: path };
      const said = execFileSync(process.execPath, ["-e", script], {
        env,
        timeout: 9000,
        encoding: "utf8",
      });
      assert.match(refusal(JSON.parse(said) as Problem), found);
    });

    it("is read up to a megabyte, and no file that is longer", () => {
      writeFileSync(path, asJson("u").padEnd(1024 * 1024));
      assert.deepEqual(find(), credential("u"));
      writeFileSync(path, asJson("u").padEnd(1024 * 1024 + 1));
      assert.match(
        refusal(find()),
        /Found: a file of 1048577 bytes, .*Needed: .* 1 MiB.*CREDSSP222/u,
      );
    });
  });

  it("keeps spaces and every other character of a password", () => {
    const password = ` "${secret}"\n\\u0000{why} `;
    const text = JSON.stringify({ lab: { username: "DO\\u", password } });
    assert.deepEqual(lookUp({ file: text }), { userName: "DO\\u", password });
  });
});

describe("A credential that is not found", () => {
  it("names every place that was looked at, and the variables to set", () => {
    assert.equal(
      refusal(lookUp({})),
      "there is no credential lab. Found: neither CREDSSP_LAB_USERNAME nor CREDSSP_LAB_PASSWORD, " +
        "no variable CREDSSP_CREDENTIALS, no lab in credssp:credentials of the stack's configuration. " +
        "Needed: a user name and a password under this name. Try: set CREDSSP_LAB_USERNAME and " +
        "CREDSSP_LAB_PASSWORD, or add lab to the file that CREDSSP_CREDENTIALS names. (CREDSSP220)",
    );
    const others = JSON.stringify({ [secret]: 1, other: { password: secret } });
    assert.match(
      refusal(lookUp({ file: others, config: others })),
      /no lab in the file that CREDSSP_CREDENTIALS names, no lab in credssp:credentials .*CREDSSP220/u,
    );
  });

  it("is not looked for in a stack's configuration where there is no stack", () => {
    const found = resolveCredential("lab", {}, "linux");
    assert.match(
      refusal(found),
      /Found: neither CREDSSP_LAB_USERNAME nor CREDSSP_LAB_PASSWORD, no variable CREDSSP_CREDENTIALS\. Needed/u,
    );
  });

  it("is not what every object has", () => {
    for (const name of ["constructor", "toString", "hasOwnProperty"]) {
      assert.match(refusal(lookUp({ config: "{}" }, name)), /CREDSSP220/u);
    }
  });

  it("says which of the two variables is missing, an empty one included", () => {
    const user = "CREDSSP_LAB_USERNAME";
    const password = "CREDSSP_LAB_PASSWORD";
    const file = asJson("by file");
    assert.match(
      refusal(lookUp({ env: { [user]: secret }, file })),
      /Found: CREDSSP_LAB_USERNAME without CREDSSP_LAB_PASSWORD\. .*Try: set CREDSSP_LAB_PASSWORD, or unset CREDSSP_LAB_USERNAME\. \(CREDSSP221\)/u,
    );
    assert.match(
      refusal(lookUp({ env: { [user]: "", [password]: secret }, file })),
      /Found: CREDSSP_LAB_PASSWORD without CREDSSP_LAB_USERNAME\. .*\(CREDSSP221\)/u,
    );
    assert.deepEqual(
      lookUp({ env: { [user]: "", [password]: "" }, file }),
      credential("by file"),
    );
  });

  it("says that the file cannot be read, and not what was in its place", () => {
    const config = asJson("by config");
    const denied = Object.assign(new Error(secret), { code: "EACCES" });
    assert.match(
      refusal(lookUp({ file: denied, config })),
      /Found: EACCES, for the file that CREDSSP_CREDENTIALS names\..*CREDSSP222/u,
    );
    const odd = Object.assign(new Error(secret), { code: `E ${secret}` });
    assert.match(refusal(lookUp({ file: odd })), /Found: an error, for/u);
    // The JSON itself in the variable, which node's own error would quote.
    for (const env of [asJson("u"), `${asJson("u")}\0`]) {
      const found = resolveCredential(
        "lab",
        { CREDSSP_CREDENTIALS: env },
        "linux",
      );
      assert.match(refusal(found), /CREDSSP222/u);
    }
  });

  const user = { username: "u" };
  const damaged: readonly (readonly [string, string])[] = [
    ["", "no JSON"],
    [secret, "no JSON"],
    [`{"lab": {"username": "u", "password": "${secret}"`, "no JSON"],
    [JSON.stringify(secret), "a string, not an object,"],
    ["null", "null, not an object,"],
    [`["${secret}"]`, "a list, not an object,"],
    [JSON.stringify({ lab: secret }), "a string, not an object, under lab"],
    [
      JSON.stringify({ lab: ["u", secret] }),
      "a list, not an object, under lab",
    ],
    [JSON.stringify({ lab: null }), "null, not an object, under lab"],
    [JSON.stringify({ lab: user }), "no usable password under lab"],
    [
      JSON.stringify({ lab: { ...user, Password: secret } }),
      "no usable password under lab",
    ],
    [
      JSON.stringify({ lab: { ...user, password: 7 } }),
      "no usable password under lab",
    ],
    [
      JSON.stringify({ lab: { ...user, password: "" } }),
      "no usable password under lab",
    ],
    [
      JSON.stringify({ lab: { ...user, password: `${secret}\0` } }),
      "no usable password under lab",
    ],
    [
      JSON.stringify({ lab: { password: secret } }),
      "no usable username under lab",
    ],
    [
      JSON.stringify({ lab: { username: [secret], password: secret } }),
      "no usable username under lab",
    ],
  ];
  for (const [text, found] of damaged)
    it(`says what is wrong with ${JSON.stringify(text)}, and quotes nothing of it`, () => {
      const config = asJson("by config");
      const inFile = refusal(lookUp({ file: text, config }));
      const inConfig = refusal(lookUp({ config: text }));
      const file = "the file that CREDSSP_CREDENTIALS names";
      const stack = `${credentialsKey} of the stack's configuration`;
      assert.ok(inFile.includes(`Found: ${found} in ${file}.`), inFile);
      assert.ok(inConfig.includes(`Found: ${found} in ${stack}.`), inConfig);
      for (const one of [inFile, inConfig]) assert.match(one, /CREDSSP223/u);
    });
});
