import { setTimeout as pause } from "node:timers/promises";
import type { Host } from "../../providers/host/host";
import type { PolicyState } from "../../providers/model/facts";
import {
  delegationKey,
  listKeyOf,
  policyOf,
  policyOver,
} from "../../providers/model/policies";
import {
  changeRegistryPol,
  decodeRegistryPol,
  encodeRegistryPol,
  policiesOf,
  polEntry,
} from "../../providers/model/registryPol";
import type { Bench, Edit, Lacking, PolicyEntry } from "../host/contract";
import { bring, raisedVersion } from "./bring";
import type { Deed, Hands } from "./hands";
import { freshOf, type Snapshot } from "./snapshot";

/** The edits of the contract that one Windows cannot play, and why. */
export const lacking = {
  elevated: "one account runs all of it, and it is elevated",
  domain: "a domain's policy object takes a domain controller",
  origins: "RSoP names the domain's policy objects, and there is none",
  appliedClears: "a domain's policy object takes a domain controller",
  twoObjects: "a domain's policy object takes a domain controller",
  policyDelay: "how long Windows takes to process policy is not ours to set",
  policyNeverApplies: "Windows cannot be told to leave local policy alone",
  crashEnableClient: "Windows cannot be told to let the cmdlet die",
} as const satisfies Lacking;

type Playable = Exclude<Edit, { kind: keyof typeof lacking }>;

/** Makes benches of the contract on this machine, one after the other. */
export class WindowsBenches {
  private readonly fresh;
  /** gpt.ini as the last bench began with it; another one means that somebody has saved local policy since. */
  private gptIni: string | null | undefined;

  constructor(
    private readonly hands: Hands,
    private readonly saved: Snapshot,
  ) {
    this.fresh = freshOf(saved);
  }

  /** Makes the machine fresh for a case. */
  async make(connect: () => Host): Promise<Bench> {
    await this.refresh();
    return {
      connect,
      edit: (...edits) => this.edit(edits),
      localEntries: () => this.entriesBesideFresh(),
      pause: (ms) => pause(ms),
      dispose: async () => undefined,
    };
  }

  /** Makes the machine fresh. */
  async refresh(): Promise<void> {
    const now = await bring(this.hands, this.fresh, (found) =>
      this.isStale(found),
    );
    this.gptIni = now.gptIni;
  }

  /** The machine's own entries were there before any case, and a case knows nothing of them. */
  private async entriesBesideFresh(): Promise<readonly PolicyEntry[]> {
    const own = entriesIn(this.fresh.registryPol).map(lineOf);
    const now = entriesIn((await this.hands.snapshot()).registryPol);
    return now.filter((entry) => !own.includes(lineOf(entry)));
  }

  /** Whether policy processing still holds something of an earlier case, or is about to. */
  private isStale({ archive, gptIni, registryPol }: Snapshot): boolean {
    if (registryPol !== this.fresh.registryPol) return true;
    if (gptIni !== (this.gptIni ?? this.saved.gptIni)) return true;
    const bytes = Buffer.from(archive ?? "", "base64");
    return ["CredentialsDelegation", "AllowCredSSP", "Software\\Other"].some(
      (text) => bytes.includes(Buffer.from(text, "utf16le")),
    );
  }

  private async edit(edits: readonly Edit[]): Promise<void> {
    for (const edit of edits) {
      if (edit.kind in lacking) throw new Error(`no hands for ${edit.kind}`);
      await this.hands.carryOut(await this.deedsOf(edit as Playable));
    }
  }

  private async deedsOf(edit: Playable): Promise<readonly Deed[]> {
    switch (edit.kind) {
      case "flag":
        return [edit];
      case "winrmPolicy": {
        const { key, switch: name } = policyOf(policyOver(edit.role));
        return [dword(key, name, edit.value)];
      }
      case "ledger":
        return [ledgerDeed(edit.text)];
      case "delegationKey":
        return [{ kind: "key", path: delegationKey }];
      case "localPolicyProcessing":
        return [
          dword(
            "SOFTWARE\\Policies\\Microsoft\\Windows\\System",
            "DisableLGPOProcessing",
            edit.on ? null : 1,
          ),
        ];
      case "service":
        return [edit];
      case "list":
        return edit.store === "live" ? liveList(edit) : this.localList(edit);
      case "foreignPolicy":
        return this.withEntries(edit.entries);
      case "damagedRegistryPol":
        return [policyFile(Buffer.from("this is no policy file"))];
      case "policyPass": {
        const { registryPol, gptIni } = await this.hands.snapshot();
        const isThere = registryPol !== null || gptIni !== null;
        return [...(isThere ? raisedVersion(gptIni) : []), { kind: "pass" }];
      }
    }
  }

  private async localList({
    policy,
    list,
  }: Edit & { kind: "list" }): Promise<readonly Deed[]> {
    const bytes = bytesOf((await this.hands.snapshot()).registryPol);
    const held: PolicyState = policiesOf(
      bytes === null ? [] : decodeRegistryPol(bytes),
    )[policy];
    const { values, ...numbers } = list;
    const change =
      values === undefined
        ? { add: [], remove: [], ...numbers }
        : { add: values, remove: held.values, ...numbers };
    return [policyFile(changeRegistryPol(bytes, policy, change))];
  }

  private async withEntries(
    added: readonly PolicyEntry[],
  ): Promise<readonly Deed[]> {
    const bytes = bytesOf((await this.hands.snapshot()).registryPol);
    const entries = [
      ...(bytes === null ? [] : decodeRegistryPol(bytes)),
      ...added.map(({ key, name, type, data }) =>
        polEntry(key, name, type, Buffer.from(data, "hex")),
      ),
    ];
    return [policyFile(encodeRegistryPol(entries))];
  }
}

function liveList({ policy, list }: Edit & { kind: "list" }): readonly Deed[] {
  const { key, ...names } = policyOf(policy);
  const path = listKeyOf(policy);
  const numbers = (["switch", "concatenate"] as const).flatMap((part) => {
    const [name, value] = [names[part], list[part]];
    return name === null || value === undefined
      ? []
      : [dword(key, name, value)];
  });
  if (path === null || list.values === undefined) return numbers;
  return [
    ...numbers,
    { kind: "noKey", path },
    { kind: "key", path },
    ...list.values.map((value): Deed => ({
      kind: "value",
      path,
      type: "String",
      ...value,
    })),
  ];
}

function ledgerDeed(text: string | null): Deed {
  const place = { path: "SOFTWARE\\pulumi-credssp", name: "Ledger" };
  return text === null
    ? { kind: "noValue", ...place }
    : { kind: "value", ...place, type: "String", data: text };
}

/** A DWORD of a key, or its absence. */
export function dword(path: string, name: string, value: number | null): Deed {
  return value === null
    ? { kind: "noValue", path, name }
    : // .NET takes a DWORD for a signed number.
      { kind: "value", path, name, type: "DWord", data: String(value | 0) };
}

/** Registry.pol with this content. */
export function policyFile(bytes: Uint8Array): Deed {
  const content = Buffer.from(bytes).toString("base64");
  return { kind: "file", file: "registryPol", content };
}

function entriesIn(registryPol: string | null): readonly PolicyEntry[] {
  const bytes = bytesOf(registryPol);
  if (bytes === null) return [];
  return decodeRegistryPol(bytes).map(({ key, value, type, data }) => ({
    key,
    name: value,
    type,
    data: Buffer.from(data).toString("hex"),
  }));
}

function lineOf({ key, name, type, data }: PolicyEntry): string {
  return JSON.stringify([key, name, type, data]);
}

function bytesOf(base64: string | null): Uint8Array | null {
  return base64 === null ? null : Buffer.from(base64, "base64");
}
