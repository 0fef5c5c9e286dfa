import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { needPulumi, tier } from "../support/tiers";
import { client, makeDemoFleet, servers } from "./demoFleet";
import { complaints } from "./events";
import { simulated, TestStack, type Config } from "./stack";

/** A bad configuration and what must be said of it, in the order of the inputs. */
interface Refused {
  readonly title: string;
  readonly config: Config;
  /** Each message's code and what it must name. */
  readonly says: readonly (readonly [code: string, names: string])[];
}

// Pulumi ends a run at the first resource whose inputs are refused, so what
// belongs in one message each stands in one resource.
const refused: readonly Refused[] = [
  {
    title: "every name that would delegate to the wrong computers",
    config: delegatingTo("*", "*.local", "wsman/x", "a,b"),
    says: [
      ["CREDSSP104", '"*"'],
      ["CREDSSP104", '"*.local"'],
      ["CREDSSP102", '"wsman/x"'],
      ["CREDSSP101", '"a,b"'],
    ],
  },
  {
    title: "an empty list",
    config: delegatingTo(),
    says: [["CREDSSP105", "delegateComputers"]],
  },
  {
    title: "an unknown transport and a misspelt property of a server",
    config: {
      servers: [
        { host: servers[0], hots: "x", connection: { transport: "telnet" } },
      ],
    },
    says: [
      ["CREDSSP107", '"telnet"'],
      ["CREDSSP108", "hots"],
    ],
  },
  {
    title: "a server that is no host",
    config: { servers: [42] },
    says: [["CREDSSP111", "servers[0]"]],
  },
  {
    title: "servers that are no list",
    config: { servers: servers[0] },
    says: [["CREDSSP111", "servers"]],
  },
];

tier("stack: bad input", needPulumi(), (found) => {
  let stack: TestStack;
  let untouched: Readonly<Record<string, string>>;

  before(async function () {
    this.timeout(60_000);
    stack = await TestStack.open(found);
    await makeDemoFleet(stack);
    untouched = await stack.fleet.files();
  });
  after(() => stack.close());

  for (const { title, config, says } of refused) {
    it(`refuses ${title}, a message each, and changes nothing`, async () => {
      await stack.configure({ connection: simulated, ...config });
      const said = complaints(await stack.up())
        .map(({ message }) => message)
        .sort(byCode(says));
      assert.equal(said.length, says.length, said.join("\n"));
      says.forEach(([code, names], i) => {
        const message = said[i] ?? "";
        assert.ok(message.includes(code) && message.includes(names), message);
        assert.doesNotMatch(message, /^\s+at /m, "a stack trace");
      });
      assert.deepEqual(await stack.fleet.files(), untouched);
      assert.deepEqual(await stack.state(), {});
    }).timeout(60_000);
  }

  it("names a host that is missing and one that is corrupt, and leaves both", async () => {
    const corrupt = "corrupt.do.local";
    const missing = "missing.do.local";
    await writeFile(join(stack.fleet.folder, `${corrupt}.json`), "{ oops");
    await stack.configure({
      connection: simulated,
      servers: [missing],
      clients: [{ host: corrupt, delegateComputers: ["*.do.local"] }],
    });
    const ran = await stack.up({ continueOnError: true });
    const codes = Object.fromEntries(
      complaints(ran).map(({ of, message }) => [
        of,
        /CREDSSP\d{3}/.exec(message)?.[0],
      ]),
    );
    assert.equal(codes[missing], "CREDSSP201");
    assert.equal(codes[corrupt], "CREDSSP202");
    assert.deepEqual(await stack.fleet.files(), {
      ...untouched,
      [corrupt]: "{ oops",
    });
    assert.deepEqual(await stack.state(), {});
  }).timeout(60_000);
});

function delegatingTo(...delegateComputers: readonly string[]): Config {
  return { clients: [{ host: client, delegateComputers }] };
}

/** Messages in the order in which they are expected; Pulumi keeps none. */
function byCode(says: Refused["says"]): (a: string, b: string) => number {
  const place = (message: string): number =>
    says.findIndex(
      ([code, names]) => message.includes(code) && message.includes(names),
    );
  return (a, b) => place(a) - place(b);
}
