import * as pulumi from "@pulumi/pulumi";
import assert from "node:assert/strict";
import {
  ownerLabel,
  warnOfPlainCredentials,
} from "../../providers/pulumi/stackConfig";

const credentials = "credssp:credentials";
const owner = `${pulumi.getProject()}:owner`;

describe("The label that every owner begins with", () => {
  after(() => pulumi.runtime.setAllConfig({}));

  it("is what the project's configuration says", () => {
    for (const label of ["platform-team", "Team Ä", "a".repeat(255)]) {
      pulumi.runtime.setAllConfig({ [owner]: label });
      assert.equal(ownerLabel(), label);
    }
  });

  for (const [what, label] of Object.entries({
    "of several lines": "a\n    server role on",
    "with a character that cannot be seen": "a\u202eb",
    "in which nothing is seen": " ",
    "too long": "a".repeat(256),
  }))
    it(`is refused ${what} (CREDSSP111)`, () => {
      pulumi.runtime.setAllConfig({ [owner]: label });
      assert.throws(
        () => ownerLabel(),
        (error) =>
          pulumi.RunError.isInstance(error) &&
          error.message.length < 1000 &&
          error.message.includes(`correct ${owner} in`) &&
          error.message.includes("CREDSSP111"),
      );
    });
});

describe("Credentials in a stack's configuration", () => {
  const { warn } = pulumi.log;
  const log = pulumi.log as { warn: typeof warn };
  let said: string[] = [];
  beforeEach(() => {
    said = [];
    log.warn = async (message) => void said.push(message);
  });
  afterEach(() => {
    log.warn = warn;
    pulumi.runtime.setAllConfig({});
  });

  it("are no reason to warn where there are none or they are a secret", () => {
    pulumi.runtime.setAllConfig({});
    warnOfPlainCredentials();
    pulumi.runtime.setAllConfig({ [credentials]: "{}" }, [credentials]);
    warnOfPlainCredentials();
    assert.deepEqual(said, []);
  });

  it("are warned of once in a program where they are plain text", () => {
    pulumi.runtime.setAllConfig({ [credentials]: '{"lab":"hunter2"}' });
    warnOfPlainCredentials();
    warnOfPlainCredentials();
    assert.equal(said.length, 1);
    assert.match(said[0] ?? "", /plain text.*--secret credssp:credentials/u);
    assert.doesNotMatch(said[0] ?? "", /hunter2/u);
  });
});
