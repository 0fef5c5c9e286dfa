import assert from "node:assert/strict";
import { here } from "../../../providers/host/powershell/channel";
import { childEnvironment } from "../../../providers/host/powershell/environment";
import { findPowerShell } from "../../../providers/host/powershell/executable";
import { newRequestId } from "../../../providers/host/powershell/protocol";
import {
  startSession,
  type Session,
} from "../../../providers/host/powershell/session";
import { needWindows, tier } from "../../support/tiers";
import { StandInFleet } from "./standIn";

const apps = ["app01", "app02", "app03"].map((name) => `${name}.do.local`);

/** A host's script that answers, but for one host, where it does something else. */
const unless = (what: string): string =>
  `param($Document) if ($env:COMPUTERNAME -eq 'APP01') { ${what} } else { 'credssp:end:{"outcome":"well"}' }`;

tier("The dispatcher in PowerShell", needWindows(), (tools, suite) => {
  suite.timeout(120_000);
  let fleet: StandInFleet;
  let session: Session | undefined;

  const start = (secret: Readonly<Record<string, string>> = {}): Session => {
    const { env } = fleet.on("client01.do.local");
    const found = findPowerShell(env, here.platform);
    assert.ok("path" in found);
    return (session = startSession({
      ...here,
      executable: found.path,
      env: { ...childEnvironment(env, found.path), ...secret },
    }));
  };
  /** Asks for groups of hosts; gives for each host its answer, in the order in which they came. */
  const ask = async (
    script: string,
    ...groups: readonly (Readonly<Record<string, unknown>> & {
      readonly hosts: readonly string[];
    })[]
  ): Promise<Readonly<Record<string, string>>> => {
    const to = start();
    assert.equal(await to.ready, null);
    await to.send(`$global:CredSSPHostScript = ${quoted(script)}`);
    const answers: Record<string, string> = {};
    const heard: Promise<void>[] = [];
    const known = (name: string) => {
      const id = newRequestId();
      const end = new Promise<void>((resolve) =>
        to.listen(id, {
          part: () => undefined,
          end: (document) => {
            answers[name] ??= String(
              (document as { outcome?: unknown }).outcome,
            );
            resolve();
          },
        }),
      );
      heard.push(end);
      return { id, name };
    };
    const request = {
      local: [],
      groups: groups.map(({ hosts, ...rest }) => ({
        by: "ComputerName",
        parameters: {},
        openSeconds: 10,
        seconds: 60,
        document: "",
        throttle: 32,
        ...rest,
        hosts: hosts.map(known),
      })),
    };
    const json = Buffer.from(JSON.stringify(request)).toString("base64");
    await to.send(`Invoke-CredSSPRequest ${json}`);
    await Promise.all(heard);
    return answers;
  };

  before(async () => {
    fleet = await StandInFleet.make(tools, apps.length);
  });
  beforeEach(() => apps.forEach((host) => fleet.reset(host)));
  afterEach(() => session?.kill());
  after(() => fleet.dispose());

  it("is not ready without the credential it is given: it would act as somebody else", async () => {
    const { ready } = start({
      CREDSSP_USERNAME: "DO\\admin",
      CREDSSP_PASSWORD: "x".repeat(70_000),
    });
    const hindered = await ready;
    assert.ok(typeof hindered === "string");
    assert.match(hindered, /PowerShell/u);
    assert.doesNotMatch(session?.noise() ?? "", /xxx/u);
  });

  it("lets no other host suffer from what one prints", async () => {
    const [first = "", second = "", third = ""] = apps;
    // They have still to answer when it has.
    for (const late of [second, third]) fleet.fault(late, "latencyMs", 3000);
    const answers = await ask(
      unless("'credssp:end:'"),
      { hosts: [first, second] },
      { hosts: [third], document: "another" },
    );
    assert.deepEqual(answers, {
      [first]: "remoting",
      [second]: "well",
      [third]: "well",
    });
  });

  it("gives the place of a session that does not end to the next", async () => {
    const answers = await ask(unless("[Threading.Thread]::Sleep(600000)"), {
      hosts: apps,
      throttle: 1,
      seconds: 8,
    });
    assert.deepEqual(Object.keys(answers), apps);
    assert.deepEqual(Object.values(answers), ["timeout", "well", "well"]);
  });

  it("sets hosts from outside side by side, and lets nobody wait for one that is dead", async () => {
    const [first = "", second = "", third = ""] = apps;
    for (const dead of [first, second]) {
      fleet.fault(dead, "unreachable", true);
      fleet.fault(dead, "unreachableMs", 20_000);
    }
    const setting = { role: "client", on: true };
    const answers = await ask(
      unless(""),
      { hosts: [first], setting },
      { hosts: [second], setting },
      { hosts: [third] },
    );
    assert.equal(Object.keys(answers)[0], third);
    assert.deepEqual(answers, {
      [first]: "remoting",
      [second]: "remoting",
      [third]: "well",
    });
  });
});

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
