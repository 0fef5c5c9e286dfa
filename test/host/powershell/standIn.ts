import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import {
  here,
  type Surroundings,
} from "../../../providers/host/powershell/channel";
import {
  changeRegistryPol,
  decodeRegistryPol,
  encodeRegistryPol,
  polEntry,
  policiesOf,
} from "../../../providers/model/registryPol";
import {
  delegationKey,
  listKeyOf,
  policyOf,
} from "../../../providers/model/policies";
import type { PolicyState } from "../../../providers/model/facts";
import type { Edit, PolicyEntry } from "../contract";

const run = promisify(execFile);

/** A host's registry as the stand-in keeps it in the host's JSON file. */
interface Key {
  keys?: Record<string, Key>;
  values?: Record<string, { t: string; v: string | number }>;
}

interface HostFile {
  registry: { HKLM: Key };
  services: Record<string, { status: string; startType: string }>;
  gpo: PolicyObject;
  policy?: Record<string, unknown>;
  faults?: Record<string, unknown>;
}

/** The one policy object of the domain that a host of the stand-in has, as `Set-RigGpo` leaves it; on a fresh host it is empty. */
interface PolicyObject {
  version: number;
  displayName?: string;
  guid?: string;
  entries?: PolicyObjectEntry[];
  /** The keys that are emptied before the entries are written. */
  delvals?: string[];
}

interface PolicyObjectEntry {
  key: string;
  name: string;
  type: "DWord" | "String";
  value: number | string;
}

/** A fleet of the stand-in, and hands that change its hosts behind everybody's back. */
export class StandInFleet {
  private constructor(
    readonly folder: string,
    private readonly tools: string,
    private readonly fresh: ReadonlyMap<string, string>,
  ) {}

  /** Makes a fleet of client01.do.local and as many servers, app01.do.local and on. */
  static async make(tools: string, servers: number): Promise<StandInFleet> {
    const folder = mkdtempSync(join(tmpdir(), "credssp-rig-"));
    await run(join(tools, "bin", "rig"), ["new", folder, String(servers)]);
    const names = ["client01.do.local"];
    for (let i = 1; i <= servers; i++) names.push(`app0${i}.do.local`);
    const files = names.map((name): [string, string] => [
      name,
      readFileSync(join(folder, `${name}.json`), "utf8"),
    ]);
    return new StandInFleet(folder, tools, new Map(files));
  }

  /** This machine, sitting on a host of the fleet. */
  on(
    host: string,
    more: Readonly<Record<string, string>> = {},
  ): Surroundings & { env: Record<string, string | undefined> } {
    const path = [join(this.tools, "bin"), process.env["PATH"]];
    return {
      ...here,
      env: {
        ...process.env,
        PATH: path.join(delimiter),
        WINRIG_FLEET: this.folder,
        WINRIG_HOST: host,
        ...more,
      },
    };
  }

  /** Puts a host back to what it was when the fleet was made. */
  reset(host: string): void {
    const text = this.fresh.get(host);
    if (text === undefined) throw new Error(`no host ${host}`);
    const disk = join(this.folder, `${host}.fs`);
    for (const left of [
      "Windows/System32/GroupPolicy",
      "ProgramData/ntuser.pol",
    ])
      rmSync(join(disk, left), { recursive: true, force: true });
    this.replace(host, text);
  }

  /** Carries edits of the contract out on a host. */
  async edit(host: string, ...edits: readonly Edit[]): Promise<void> {
    for (const edit of edits) {
      if (edit.kind === "policyPass") {
        await run(join(this.tools, "bin", "rig"), ["policy", host], {
          env: this.on(host).env,
        });
      } else this.editNow(host, edit);
    }
  }

  /** Every entry of a host's Registry.pol. */
  localEntries(host: string): readonly PolicyEntry[] {
    return this.entries(host).map(({ key, value, type, data }) => ({
      key,
      name: value,
      type,
      data: Buffer.from(data).toString("hex"),
    }));
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private editNow(
    host: string,
    edit: Exclude<Edit, { kind: "policyPass" }>,
  ): void {
    switch (edit.kind) {
      case "flag":
        return this.setValue(host, wsman(edit.role), "auth_credssp", +edit.on);
      case "winrmPolicy":
        return this.setValue(
          host,
          `SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\${roleKey(edit.role)}`,
          "AllowCredSSP",
          edit.value,
        );
      case "ledger":
        return this.setValue(
          host,
          "SOFTWARE\\pulumi-credssp",
          "Ledger",
          edit.text,
        );
      case "delegationKey":
        return this.change(host, (file) => void key(file, delegationKey));
      case "list":
        return edit.store === "live"
          ? this.putLive(host, edit)
          : this.putLocal(host, edit);
      case "domain":
        return this.change(host, (file) => setDomain(file, edit));
      case "localPolicyProcessing":
        return this.setValue(
          host,
          "SOFTWARE\\Policies\\Microsoft\\Windows\\System",
          "DisableLGPOProcessing",
          edit.on ? null : 1,
        );
      case "service": {
        const { status, startType } = edit;
        return this.change(host, ({ services }) => {
          services["WinRM"] = { ...services["WinRM"], status, startType };
        });
      }
      case "foreignPolicy":
        return this.writePol(
          host,
          encodeRegistryPol([
            ...this.entries(host),
            ...edit.entries.map((e) =>
              polEntry(e.key, e.name, e.type, Buffer.from(e.data, "hex")),
            ),
          ]),
        );
      case "damagedRegistryPol":
        return this.writePol(host, Buffer.from("this is no policy file"));
      case "elevated":
        return this.fault(host, "nonElevated", !edit.on);
      case "policyDelay":
        return this.fault(host, "policyDelayMs", edit.ms);
      case "policyNeverApplies":
        return this.fault(host, "policyNeverApplies", edit.on);
      case "crashEnableClient":
        return this.fault(host, "crashEnableClient", edit.on);
    }
  }

  /** Switches a fault of the stand-in. */
  fault(host: string, name: string, value: boolean | number): void {
    this.change(host, (file) => {
      const { [name]: _, ...others } = file.faults ?? {};
      file.faults = value === false ? others : { ...others, [name]: value };
    });
  }

  /** Puts something else in the place of what RSoP logged of a host; null is logging switched off. */
  putRsop(host: string, log: unknown): void {
    this.change(host, (file) => {
      const { rsop: _, ...others } = file.policy ?? {};
      file.policy = log === null ? others : { ...others, rsop: log };
    });
  }

  private putLive(host: string, edit: Edit & { kind: "list" }): void {
    const { policy, list } = edit;
    const names = policyOf(policy);
    for (const part of ["switch", "concatenate"] as const) {
      const [name, value] = [names[part], list[part]];
      if (name !== null && value !== undefined)
        this.setValue(host, names.key, name, value);
    }
    const { values } = list;
    if (values === undefined) return;
    this.change(host, (file) => {
      key(file, listKeyOf(policy) ?? "").values = Object.fromEntries(
        values.map(({ name, data }) => [name, { t: "String", v: data }]),
      );
    });
  }

  private putLocal(host: string, edit: Edit & { kind: "list" }): void {
    const held = this.entries(host);
    const now: PolicyState = policiesOf(held)[edit.policy];
    const { values, ...numbers } = edit.list;
    this.writePol(
      host,
      changeRegistryPol(
        this.read(host),
        edit.policy,
        values === undefined
          ? { add: [], remove: [], ...numbers }
          : { add: values, remove: now.values, ...numbers },
      ),
    );
  }

  private setValue(
    host: string,
    path: string,
    name: string,
    value: string | number | null,
  ): void {
    this.change(host, (file) => {
      const values = (key(file, path).values ??= {});
      if (value === null) Reflect.deleteProperty(values, name);
      else
        values[name] = {
          t: typeof value === "string" ? "String" : "DWord",
          v: value,
        };
    });
  }

  private change(host: string, edit: (file: HostFile) => void): void {
    const path = join(this.folder, `${host}.json`);
    const file = JSON.parse(readFileSync(path, "utf8")) as HostFile;
    edit(file);
    this.replace(host, JSON.stringify(file, null, 2));
  }

  private replace(host: string, text: string): void {
    const path = join(this.folder, `${host}.json`);
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
  }

  private polPath(host: string): string {
    const policy = "Windows/System32/GroupPolicy/Machine/Registry.pol";
    return join(this.folder, `${host}.fs`, policy);
  }

  private read(host: string): Uint8Array | null {
    const path = this.polPath(host);
    return existsSync(path) ? readFileSync(path) : null;
  }

  private entries(host: string) {
    const bytes = this.read(host);
    return bytes === null ? [] : decodeRegistryPol(bytes);
  }

  private writePol(host: string, bytes: Uint8Array): void {
    mkdirSync(dirname(this.polPath(host)), { recursive: true });
    writeFileSync(this.polPath(host), bytes);
  }
}

/** The domain's policy object comes to set exactly this of a policy; one that sets nothing at all is gone. */
function setDomain(
  file: HostFile,
  { object, policy, sets }: Edit & { kind: "domain" },
): void {
  const {
    version,
    displayName,
    entries: held = [],
    delvals: emptied = [],
  } = file.gpo;
  if (held.length + emptied.length > 0 && displayName !== object)
    throw new Error("the stand-in knows one policy object of the domain");
  const { key, switch: enabled, concatenate } = policyOf(policy);
  const list = listKeyOf(policy);
  const dword = (name: string | null, value: number | null | undefined) =>
    name === null || value === null || value === undefined
      ? []
      : [{ key, name, type: "DWord", value } as const];
  const others = held.filter(
    (entry) =>
      entry.key !== list &&
      !(entry.key === key && [enabled, concatenate].includes(entry.name)),
  );
  const entries = [
    ...others,
    ...dword(enabled, sets?.switch),
    ...dword(concatenate, sets?.concatenate),
    ...(sets?.values ?? []).map(({ name, data }): PolicyObjectEntry => ({
      key: list ?? "",
      name,
      type: "String",
      value: data,
    })),
  ];
  const delvals = [
    ...emptied.filter((one) => one !== list),
    ...(sets?.clearsFirst && list !== null ? [list] : []),
  ];
  file.gpo = {
    version: version + 1,
    displayName: object,
    guid: "{31B2F340-016D-11D2-945F-00C04FB984F9}",
    entries,
    delvals,
  };
}

function roleKey(role: "client" | "service"): string {
  return role === "client" ? "Client" : "Service";
}

function wsman(role: "client" | "service"): string {
  return `SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WSMAN\\${roleKey(role)}`;
}

/** A key below HKLM, made where it is missing; names compare without case. */
function key(file: HostFile, path: string): Key {
  let at = file.registry.HKLM;
  for (const name of path.split("\\")) {
    const keys = (at.keys ??= {});
    const spelled =
      Object.keys(keys).find((k) => k.toLowerCase() === name.toLowerCase()) ??
      name;
    at = keys[spelled] ??= {};
  }
  return at;
}
