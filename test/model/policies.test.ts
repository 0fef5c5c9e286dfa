import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  isPolicy,
  listKeyOf,
  policyNames,
  policyOf,
  policyOver,
} from "../../providers/model/policies";
import { policiesPage } from "../../providers/model/policiesPage";

describe("the table of policies", () => {
  it("holds nine lists and WinRM's two", () => {
    const lists = policyNames.filter((name) => listKeyOf(name) !== null);
    assert.equal(lists.length, 9);
    assert.deepEqual(
      policyNames.filter((name) => !lists.includes(name)),
      [policyOver("client"), policyOver("service")],
    );
  });

  it("names every value once in its key, as Windows spells it", () => {
    const values = policyNames.flatMap((name) => {
      const { key, switch: one, concatenate } = policyOf(name);
      return [one, concatenate]
        .filter((value) => value !== null)
        .map((value) => `${key}\\${value}`.toLowerCase());
    });
    assert.equal(new Set(values).size, values.length);
    assert.ok(isPolicy("AllowDefCredentialsWhenNTLMOnly"));
    assert.ok(!isPolicy("AllowDefaultCredentialsWhenNTLMOnly"));
    assert.ok(!isPolicy("toString"));
  });

  it("makes exceptions from every Allow list, and from no other", () => {
    for (const name of policyNames) {
      const kind = /^Allow(Def|Fresh|Saved)/u.exec(name)?.[1];
      const expected = kind && `Deny${kind.replace(/^Def$/u, "Default")}`;
      assert.equal(
        policyOf(name).deniedBy,
        expected && `${expected}Credentials`,
      );
    }
  });

  it("is what docs/policies.md says (npm run docs writes it)", () => {
    const page = join(__dirname, "..", "..", "docs", "policies.md");
    assert.equal(readFileSync(page, "utf8"), policiesPage());
  });
});
