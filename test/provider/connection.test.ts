import assert from "node:assert/strict";
import {
  checkConnection,
  refusedSshOptions,
  type Connection,
} from "../../providers/connection";
import { unknownValue } from "../../providers/model/delegates";
import { printable } from "../../providers/model/errors";

/** The address a connection stands for; it has to be accepted. */
function addressOf(given: unknown): unknown {
  const checked = checkConnection(given);
  return "address" in checked ? checked.address : assert.fail(reasons(given));
}

/** What is refused of a connection, as "property code". */
function refused(given: unknown): readonly string[] {
  const checked = checkConnection(given);
  return "failures" in checked
    ? checked.failures.map(
        ({ property, reason }) =>
          `${property} ${/\((CREDSSP\d+)\)$/u.exec(reason)?.[1]}`,
      )
    : [];
}

/** All that is said of a connection. */
function reasons(given: unknown): string {
  const checked = checkConnection(given);
  return "failures" in checked
    ? checked.failures.map(({ reason }) => reason).join("\n")
    : "";
}

const winrm = { transport: "winrm" };
const ssh = { transport: "ssh" };

describe("A connection", () => {
  it("is what it was in every state written before, when nothing new is declared", () => {
    assert.deepEqual(addressOf(undefined), { transport: "local" });
    assert.deepEqual(addressOf(winrm), {
      transport: "winrm",
      useSSL: false,
      authentication: "Default",
    });
    assert.deepEqual(addressOf({ transport: "simulated" }), {
      transport: "simulated",
      fleet: ".demo/fleet",
    });
  });

  it("has no default for what ssh's own configuration may say", () => {
    assert.deepEqual(addressOf(ssh), ssh);
  });

  it("keeps all that is declared as it is", () => {
    const full = [
      {
        transport: "winrm",
        port: 5986,
        useSSL: true,
        authentication: "Negotiate",
        configurationName: "PowerShell.7",
        credential: "Lab_admin2",
        openTimeoutSeconds: 0.5,
        operationTimeoutSeconds: 3600,
      },
      {
        transport: "ssh",
        port: 22,
        userName: "DO\\svc-credssp$",
        keyFilePath: "C:\\Users\\The Runner\\.ssh\\id_ed25519",
        subsystem: "powershell-7.4",
        options: {
          StrictHostKeyChecking: "accept-new",
          UserKnownHostsFile: "C:/ProgramData/jürgen/known_hosts",
          Ciphers: "-aes128-*,3des-cbc",
          ProxyJump: "ssh://admin@bastion-1.do.local:22,[fe80::1]:2222",
          HostName: "%h.do.local",
        },
        openTimeoutSeconds: 3600,
        operationTimeoutSeconds: 1,
      },
    ] as const satisfies readonly Connection[];
    for (const connection of full) {
      assert.deepEqual(addressOf(connection), connection);
    }
  });

  it("passes untouched what Pulumi does not know yet", () => {
    const properties = {
      winrm: [
        "port",
        "useSSL",
        "authentication",
        "configurationName",
        "credential",
        "openTimeoutSeconds",
        "operationTimeoutSeconds",
      ],
      ssh: [
        "port",
        "userName",
        "keyFilePath",
        "subsystem",
        "options",
        "openTimeoutSeconds",
        "operationTimeoutSeconds",
      ],
    };
    assert.equal(addressOf(unknownValue), unknownValue);
    const whole = { transport: unknownValue, port: "x" };
    assert.deepEqual(addressOf(whole), whole);
    for (const [transport, names] of Object.entries(properties)) {
      for (const name of names) {
        const given = { transport, [name]: unknownValue };
        const address = addressOf(given) as Record<string, unknown>;
        assert.equal(address[name], unknownValue, `${transport} ${name}`);
      }
    }
    const jump = { ...ssh, options: { ProxyJump: unknownValue } };
    assert.deepEqual(addressOf(jump), jump);
  });

  it("does not show what may be a credential: neither in its place nor where the transport was forgotten", () => {
    const password = "hunter2";
    for (const credential of [
      "hunter2!",
      { username: "lab", password },
      [password],
    ]) {
      const said = reasons({ ...winrm, credential });
      assert.match(said, /CREDSSP109/u);
      assert.doesNotMatch(said, /hunter2/u);
      assert.doesNotMatch(reasons({ credential }), /hunter2/u);
    }
    assert.deepEqual(refused({ ...winrm, password }), [
      "connection.password CREDSSP108",
    ]);
    assert.doesNotMatch(reasons({ ...winrm, password }), /hunter2/u);
  });

  const secret = "P@ssw0rd!";
  const login = { username: "admin", password: secret };
  const key = `-----BEGIN OPENSSH PRIVATE KEY-----\n${secret}\n`;
  const misplaced: Readonly<Record<string, unknown>> = {
    "the connection": `winrm://admin:${secret}@cm12`,
    "a connection in a list": [`winrm://admin:${secret}@cm12`],
    "the transport": { transport: login },
    "the transport, as a text": { transport: `winrm ${secret}` },
    "the authentication": { ...winrm, authentication: login },
    "the authentication, as a text": { ...winrm, authentication: secret },
    "the configuration": { ...winrm, configurationName: secret },
    "useSSL, in a list": { ...winrm, useSSL: [secret] },
    "the user": { ...ssh, userName: `DO\\svc ${secret}` },
    "the path of the key": { ...ssh, keyFilePath: key },
    "the subsystem": { ...ssh, subsystem: secret },
    "a time": { ...ssh, openTimeoutSeconds: secret },
    "the options": { ...ssh, options: `IdentityFile=${secret}` },
    "an option": { ...ssh, options: { IdentityFile: key } },
    "an option's name": { ...ssh, options: { [secret]: "yes" } },
    "a property's name": { ...ssh, [secret]: true },
    "the transport's name": { [secret]: "winrm" },
    "the fleet": { transport: "simulated", fleet: key },
  };
  for (const [place, given] of Object.entries(misplaced))
    it(`does not show a secret that came into the place of ${place}`, () => {
      const checked = checkConnection(given);
      assert.ok("failures" in checked);
      const said = JSON.stringify(checked.failures);
      assert.match(said, /CREDSSP10[789]/u);
      assert.doesNotMatch(said, /ssw0rd|OPENSSH|admin|svc/u);
    });

  it("shows what is no secret, and of all else what kind it is", () => {
    const found = (given: unknown): unknown =>
      /Found: (.*?)\. Needed/u.exec(reasons(given))?.[1];
    assert.equal(found("winrm"), '"winrm"');
    assert.equal(found({ transport: "telnet" }), '"telnet"');
    assert.equal(found({ ...winrm, port: 0 }), "0");
    assert.equal(found({ ...winrm, authentication: "basic" }), '"basic"');
    assert.equal(
      found({ ...ssh, keyFilePath: key }),
      "a text of 46 characters with a line break",
    );
    assert.equal(
      found({ ...ssh, userName: "-hunter2" }),
      "a text of 8 characters",
    );
    assert.equal(found({ ...ssh, options: ["a", "b"] }), "a list of 2");
    assert.equal(found({ transport: login }), "an object");
  });

  it("is refused in few words, however long its names and values are", () => {
    const long = "x y".repeat(30_000);
    for (const given of [
      long,
      { [long]: 1 },
      { transport: long },
      { ...winrm, [long]: 1, authentication: long },
      { ...ssh, userName: long, keyFilePath: long, options: { [long]: "" } },
      { ...ssh, options: { ["A".repeat(4000)]: "a b" } },
      { transport: "simulated", fleet: long },
    ]) {
      const checked = checkConnection(given);
      assert.ok("failures" in checked);
      for (const one of checked.failures)
        assert.ok(JSON.stringify(one).length < 1000);
    }
  });

  it("takes the properties of its own transport only", () => {
    const of = (given: object): unknown => refused(given);
    for (const name of ["credential", "useSSL", "authentication"]) {
      assert.deepEqual(of({ ...ssh, [name]: "a" }), [
        `connection.${name} CREDSSP108`,
      ]);
    }
    for (const name of ["userName", "keyFilePath", "subsystem", "options"]) {
      assert.deepEqual(of({ ...winrm, [name]: "a" }), [
        `connection.${name} CREDSSP108`,
      ]);
    }
    for (const transport of ["local", "simulated"]) {
      assert.deepEqual(of({ transport, openTimeoutSeconds: 1 }), [
        "connection.openTimeoutSeconds CREDSSP108",
      ]);
    }
  });

  const notTexts = [undefined, null, true, 7, {}, ["a"], ""];
  /** What would end an argument of ssh, begin another one, or mean something to a shell. */
  const injections = [
    "a b",
    "a\tb",
    "a\nb",
    "a\0b",
    "a\u0085b",
    "a\u2028b",
    " a",
    "a ",
    "a -oProxyCommand=x",
    'a"b',
    "a'b",
    "a`b",
    "a;b",
    "a&b",
    "a|b",
    "a<b",
    "a>b",
    "$(a)",
    "${a}",
  ];
  const wrong: readonly (readonly [object, string, readonly unknown[]])[] = [
    [
      winrm,
      "credential",
      [...notTexts, ...injections, "1a", "_a", "-a", "a-b", "a.b", "ä"].concat(
        "a".repeat(65),
      ),
    ],
    [ssh, "port", [0, 65536, 1.5, "22", null]],
    [
      ssh,
      "userName",
      [...notTexts, ...injections, "-l", "DO\\", "a(b)"].concat(
        "a".repeat(1025),
      ),
    ],
    [
      ssh,
      "keyFilePath",
      [...notTexts, "-oX", " a", 'a" -oX=y', "a\nb", "a\0b", "C:\\a\\"].concat(
        "a".repeat(4096),
      ),
    ],
    [
      ssh,
      "subsystem",
      [...notTexts, ...injections, "-oX=y", ".a", "a=b", "a".repeat(256)],
    ],
    [
      { transport: "simulated" },
      "fleet",
      [...notTexts, " ", "a\0b", "a\nb", "a\u202eb", "\u200b"].concat(
        "a".repeat(4096),
      ),
    ],
    [ssh, "options", [undefined, null, "BatchMode=yes", 7, ["BatchMode=yes"]]],
    ...[winrm, ssh].flatMap((transport) =>
      ["openTimeoutSeconds", "operationTimeoutSeconds"].map(
        (name) =>
          [
            transport,
            name,
            [0, -1, 3600.5, NaN, Infinity, "30", true, null],
          ] as const,
      ),
    ),
  ];
  for (const [transport, name, values] of wrong)
    for (const value of values)
      it(`refuses the ${name} ${asText(value)} (${JSON.stringify(transport)})`, () => {
        const given = { ...transport, [name]: value };
        assert.deepEqual(refused(given), [`connection.${name} CREDSSP109`]);
        assert.doesNotMatch(reasons(given), /\p{C}/u);
      });

  for (const option of refusedSshOptions)
    it(`refuses ssh's ${option}, in any spelling and whatever its value`, () => {
      for (const name of [option, option.toLowerCase(), option.toUpperCase()])
        for (const value of ["none", unknownValue]) {
          assert.deepEqual(refused({ ...ssh, options: { [name]: value } }), [
            `connection.options.${name} CREDSSP109`,
          ]);
        }
    });

  for (const name of ["", "A B", "A=B", "-A", "A\n", "A1", "Ä", "__proto__"])
    it(`refuses ${JSON.stringify(name)} as the name of an option of ssh`, () => {
      const options = Object.fromEntries([[name, "yes"]]);
      assert.deepEqual(refused({ ...ssh, options }), [
        "connection.options CREDSSP109",
      ]);
    });

  const optionValues = [...notTexts, ...injections, "a(b)", "a{b", "a#b"];
  for (const value of optionValues)
    it(`refuses ${asText(value)} as the value of an option of ssh`, () => {
      for (const name of ["SetEnv", "constructor"]) {
        assert.deepEqual(refused({ ...ssh, options: { [name]: value } }), [
          `connection.options.${name} CREDSSP109`,
        ]);
      }
    });

  for (const [name, values] of Object.entries({
    ProxyJump: ["-F/tmp/x", "a,-F/tmp/x", "user@-F/tmp/x", "a=b", "a*"],
    hostname: ["-oX", "a=b", "[-a]"],
    User: ["-l", "DO\\"],
  }))
    for (const value of values)
      it(`refuses ${value} as ssh's ${name}: an older ssh would hand it to a shell`, () => {
        assert.deepEqual(refused({ ...ssh, options: { [name]: value } }), [
          `connection.options.${name} CREDSSP109`,
        ]);
      });

  it("takes the longest path of a fleet", () => {
    const fleet = { transport: "simulated", fleet: "é ".repeat(2047) };
    assert.deepEqual(addressOf(fleet), fleet);
  });

  it("refuses options of ssh that no command line would hold, and takes those just below", () => {
    const options = (length: number) => ({
      ...ssh,
      options: { SetEnv: "a".repeat(length), User: "b" },
    });
    const rest = "SetEnvUserb".length;
    assert.deepEqual(addressOf(options(8192 - rest)), options(8192 - rest));
    assert.deepEqual(refused(options(8193 - rest)), [
      "connection.options CREDSSP109",
    ]);
  });

  it("refuses an option of ssh that is named twice, in another letter case", () => {
    const options = {
      StrictHostKeyChecking: "yes",
      stricthostkeychecking: "no",
    };
    const checked = checkConnection({ transport: "ssh", options });
    assert.ok("failures" in checked);
    assert.deepEqual(
      checked.failures.map(({ property }) => property),
      [
        "connection.options.StrictHostKeyChecking",
        "connection.options.stricthostkeychecking",
      ],
    );
  });

  it("says of all that is wrong at once", () => {
    const options = { ProxyCommand: "x", "a b": "y", Ciphers: "a b" };
    assert.deepEqual(refused({ ...ssh, port: 0, options, fleet: "x" }), [
      "connection.port CREDSSP109",
      "connection.options.ProxyCommand CREDSSP109",
      "connection.options CREDSSP109",
      "connection.options.Ciphers CREDSSP109",
      "connection.fleet CREDSSP108",
    ]);
  });
});

function asText(value: unknown): string {
  const text =
    typeof value === "number" || value === undefined
      ? String(value)
      : printable(JSON.stringify(value));
  return text.length > 80 ? `of ${text.length - 2} characters` : text;
}
