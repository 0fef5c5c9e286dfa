import assert from "node:assert/strict";
import {
  allow,
  domainSets,
  ruleFlag,
} from "../../../providers/host/simulated/hands";
import {
  formatHost,
  parseHost,
} from "../../../providers/host/simulated/hostFile";
import { factsOf } from "../../../providers/host/simulated/observe";
import { policyPass } from "../../../providers/host/simulated/policyPass";
import { freshHost } from "../../../providers/host/simulated/state";
import type { HostState } from "../../../providers/host/simulated/state";
import { numbered } from "../cases/expectations";

const name = "orch01.do.local";

describe("a simulated host's file", () => {
  it("is short and readable for a fresh host", () => {
    assert.equal(
      formatHost(freshHost(name)),
      `{
  "schema": 1,
  "computer": {
    "name": "ORCH01",
    "domain": "do.local",
    "osVersion": "10.0.20348",
    "edition": "ServerStandard",
    "machineGuid": "6b6fbeec-1b2f-0b32-b0d5-4bc1666894ee"
  },
  "winrm": {
    "status": "Running",
    "startType": "Automatic",
    "clientCredSSP": false,
    "serviceCredSSP": false
  }
}
`,
    );
  });

  it("may leave out whatever is as on a fresh host with that name", () => {
    assert.deepEqual(parseHost(name, "{}"), freshHost(name));
    assert.deepEqual(
      parseHost(name, '\uFEFF{ "winrm": { "status": "Stopped" } }'),
      {
        ...freshHost(name),
        winrm: { ...freshHost(name).winrm, status: "Stopped" },
      },
    );
  });

  it("takes a registry that somebody wrote by hand, in any case", () => {
    const state = parseHost(
      name,
      JSON.stringify({
        hklm: {
          "SOFTWARE\\policies\\Microsoft\\Windows\\CredentialsDelegation": {
            allowfreshcredentials: 1,
          },
          "SOFTWARE\\policies\\Microsoft\\Windows\\CredentialsDelegation\\AllowFreshCredentials":
            { "1": "WSMAN/*.do.local" },
        },
      }),
    );
    assert.deepEqual(factsOf(state).live.AllowFreshCredentials, {
      switch: 1,
      concatenate: null,
      values: [{ name: "1", data: "WSMAN/*.do.local" }],
    });
  });

  it("gives back every state and every fingerprint it was written from", () => {
    const state: HostState = {
      ...policyPass(
        domainSets(
          ruleFlag(
            allow(freshHost(name), "AllowFreshCredentials", ["wsman/a", "x/*"]),
            "client",
            1,
          ),
          "Server baseline",
          "DenyFreshCredentials",
          { clearsFirst: true, switch: 0, values: numbered("x/y") },
        ),
      ),
      policyPassDue: "2026-01-01T00:00:00.150Z",
      ledger: '{"é":"\u0001"}',
      faults: { policyDelayMs: 5, dieAfterSteps: 0, dieBetweenStores: true },
    };
    assert.ok(state.domain.length > 0 && Object.keys(state.rsop).length > 0);
    const json = formatHost(state);
    const read = parseHost(name, json);
    assert.deepEqual(read, state);
    assert.deepEqual(factsOf(read), factsOf(state));
    assert.equal(formatHost(read), json);
  });

  it("holds no policy of the domain where it was written before there was any", () => {
    const old = {
      schema: 1,
      applied: { K: { v: 1 } },
      localPolicy: { registryPol: { K: { v: 1 } } },
    };
    const state = parseHost(name, JSON.stringify(old));
    assert.deepEqual([state.domain, state.rsop], [[], {}]);
    assert.deepEqual(factsOf(state).origins, {});
    assert.doesNotMatch(formatHost(state), /"domain": \[|"rsop"/);
  });

  it("may hold a policy object of the domain that somebody wrote by hand", () => {
    const key = "SOFTWARE\\Policies\\Microsoft\\Windows\\CredentialsDelegation";
    const json = JSON.stringify({
      domain: [
        { name: "Empty" },
        {
          name: "Baseline",
          registryPol: { [key]: { ALLOWFRESHCREDENTIALS: 0 } },
        },
      ],
    });
    const facts = factsOf(policyPass(parseHost(name, json)));
    assert.equal(facts.live.AllowFreshCredentials.switch, 0);
    assert.deepEqual(facts.origins?.AllowFreshCredentials, {
      switch: "Baseline",
      values: {},
    });
  });

  it("gives a host in a workgroup no domain, and a long name its fifteen letters", () => {
    const { computer } = freshHost("averyveryverylongname");
    assert.equal(computer.domain, null);
    assert.equal(computer.name, "AVERYVERYVERYLO");
  });

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ["text", "no json", /^line 1, column 2: Unexpected token/],
    ["an end too early", '{\n  "winrm": {', /^line 2, column 13: /],
    ["a comma too many", '{\n  "ledger": null,\n}', /^line 3, column 1: /],
    ["nothing", "", /^line 1, column 1: /],
    ["an array", "[]", /^the file must be an object, but is \[\]$/],
    ["a newer schema", '{"schema":2}', /^schema must be 1, .* but is 2$/],
    [
      "a misspelt part",
      '{"winrn":{}}',
      /^winrn must be one of schema, .*winrm/,
    ],
    [
      "a misspelt property",
      '{"winrm":{"state":"x"}}',
      /^winrm\.state must be one of status, startType/,
    ],
    [
      "a wrong type",
      '{"winrm":{"clientCredSSP":"on"}}',
      /^winrm\.clientCredSSP must be true or false, but is "on"$/,
    ],
    [
      "a number that is no DWORD",
      '{"hklm":{"K":{"v":-1}}}',
      /^hklm\["K"\]\["v"\] must be a whole number .* but is -1$/,
    ],
    [
      "a null where none may be",
      '{"faults":null}',
      /^faults must be an object/,
    ],
    [
      "data that is neither text nor number nor bytes",
      '{"hklm":{"K":{"v":{}}}}',
      /^hklm\["K"\]\["v"\]\.hex must be text, but is missing$/,
    ],
    [
      "policy objects that are no list",
      '{"domain":{}}',
      /^domain must be an array, but is \{\}$/,
    ],
    [
      "a policy object without a name",
      '{"domain":[{"registryPol":{}}]}',
      /^domain\[0\]\.name must be text, but is missing$/,
    ],
    [
      "a policy object with a misspelt part",
      '{"domain":[{"name":"B","registry":{}}]}',
      /^domain\[0\]\.registry must be one of name, registryPol/,
    ],
    [
      "an RSoP that names no object",
      '{"rsop":{"K":{"v":1}}}',
      /^rsop\["K"\]\["v"\] must be text, but is 1$/,
    ],
    [
      "a time that is none",
      '{"policyPassDue":"soon"}',
      /^policyPassDue must be a time/,
    ],
  ];
  for (const [what, json, message] of wrong)
    it(`says where it holds ${what}`, () => {
      assert.throws(() => parseHost(name, json), { message });
    });
});
