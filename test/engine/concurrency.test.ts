import assert from "node:assert/strict";
import { allow, revoke } from "../../providers/host/simulated/hands";
import { kinds } from "./declared";
import { startDynamicProvider } from "./dynamicProvider";
import { inOneStack } from "./stack";

const policy = "AllowFreshCredentials";

describe("Operations that run at once", () => {
  const stack = inOneStack();
  const theirs = "WSMAN/backup.corp.example";

  /** The SPNs that are live on a host. */
  const live = async (host: string): Promise<readonly string[]> => {
    const { hklm } = await stack.fleet.state(host);
    const [, values] =
      Object.entries(hklm).find(([key]) => key.endsWith(`\\${policy}`)) ?? [];
    return Object.values(values ?? {}).map(String);
  };

  it("on one host wait for each other, and leave a third party's entry alone", async () => {
    const host = await stack.host((state) => allow(state, policy, [theirs]));
    const before = await stack.fleet.essence(host);
    const made = await Promise.all([
      stack.create("CredSSPServer", host),
      stack.create("CredSSPClient", host),
      stack.create("DelegationPolicy", host, { targets: ["TERMSRV/jump01"] }),
    ]);
    const expected = [theirs, "wsman/*.do.local", "TERMSRV/jump01"];
    assert.deepEqual([...(await live(host))].sort(), expected.sort());
    for (const { id, outputs } of made)
      assert.deepEqual(
        (await stack.provider.read(id, outputs)).outputs,
        outputs,
      );

    await Promise.all(
      made.map(({ id, outputs }) => stack.provider.delete(id, outputs)),
    );
    assert.deepEqual(await stack.fleet.essence(host), before);
  });

  it("on one host survive somebody else's hands in between", async () => {
    const host = await stack.host();
    const others = [1, 2, 3, 4].map((n) => `WSMAN/other${n}.corp.example`);
    const [made] = await Promise.all([
      Promise.all([
        stack.create("CredSSPClient", host),
        stack.create("DelegationPolicy", host),
      ]),
      ...others.map((spn) =>
        stack.fleet.edit(host, (state) => allow(state, policy, [spn])),
      ),
    ]);
    for (const spn of others) assert.ok((await live(host)).includes(spn), spn);
    await Promise.all([
      ...made.map(({ id, outputs }) => stack.provider.delete(id, outputs)),
      stack.fleet.edit(host, (state) =>
        revoke(state, policy, others.slice(0, 1)),
      ),
    ]);
    assert.deepEqual([...(await live(host))].sort(), others.slice(1));
  });

  it("of two processes on one host both succeed", async () => {
    const host = await stack.host((state) => allow(state, policy, [theirs]));
    const before = await stack.fleet.essence(host);
    const second = await startDynamicProvider();
    try {
      const client = await stack.checked("CredSSPClient", host);
      const targets = { targets: ["TERMSRV/jump01"] };
      const list = await stack.checked("DelegationPolicy", host, targets);
      const [a, b] = await Promise.all([
        stack.provider.create(client),
        second.create(list),
      ]);
      await Promise.all([
        second.delete(a.id, a.outputs),
        stack.provider.delete(b.id, b.outputs),
      ]);
      assert.deepEqual(await stack.fleet.essence(host), before);
    } finally {
      await second.stop();
    }
  });

  it("on twenty hosts, of every kind, all succeed and are all taken back", async () => {
    const hosts = await Promise.all(
      Array.from({ length: 20 }, () =>
        stack.host((state) => allow(state, policy, [theirs])),
      ),
    );
    const before = await Promise.all(hosts.map((h) => stack.fleet.essence(h)));
    const made = await Promise.all(
      hosts.flatMap((host) => kinds.map((kind) => stack.create(kind, host))),
    );
    assert.equal(new Set(made.map(({ id }) => id)).size, 60);
    const read = await Promise.all(
      made.map(({ id, outputs }) => stack.provider.read(id, outputs)),
    );
    assert.deepEqual(
      read.map(({ outputs }) => outputs),
      made.map(({ outputs }) => outputs),
    );
    await Promise.all(
      made.map(({ id, outputs }) => stack.provider.delete(id, outputs)),
    );
    const after = await Promise.all(hosts.map((h) => stack.fleet.essence(h)));
    assert.deepEqual(after, before);
  });
});
