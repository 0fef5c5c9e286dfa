import assert from "node:assert/strict";
import { pinnedVersions, whyUnfit } from "../../scripts/pulumi/versions.mjs";

describe("the version of a Pulumi", () => {
  it("fits from the minimum on, within the major version", () => {
    assert.equal(whyUnfit("3.216.0"), undefined);
    assert.equal(whyUnfit("3.1000.0-alpha.1+dirty"), undefined);
    assert.match(whyUnfit("3.215.9") ?? "", /it is v3\.215\.9, needed is v3/);
    assert.match(whyUnfit("3.99.0") ?? "", /needed is v3\.216\.0/);
    assert.match(whyUnfit("4.300.0") ?? "", /or a later v3/);
  });

  it("is not guessed", () => {
    for (const text of ["", "3", "latest", "go3.300.0"]) {
      assert.match(whyUnfit(text) ?? "", /not readable/, text);
    }
  });

  it("is pinned in go.mod, and fits", () => {
    const { go, pulumi } = pinnedVersions();
    assert.match(go, /^\d+\.\d+/);
    assert.equal(whyUnfit(pulumi), undefined);
  });
});
