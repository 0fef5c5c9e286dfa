import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Where the scripts are: beside this folder, in the source tree and in the
 * compiled package alike (the build copies them).
 */
export const scriptFolder = join(__dirname, "..", "scripts");

/** The script that serves requests in the PowerShell beside us. */
const dispatcherFile = "Invoke-CredSSPRequest.ps1";

/** The scripts that make up what runs on a host, each named after its main function. */
const hostFiles = [
  "Get-RegistryKey.ps1",
  "Get-PolicyReading.ps1",
  "Get-PolicyOrigin.ps1",
  "Get-Fingerprint.ps1",
  "Get-HostObservation.ps1",
  "Invoke-Step.ps1",
  "Invoke-HostRequest.ps1",
] as const;

/** Every script that is shipped. */
export const scriptFiles: readonly string[] = [dispatcherFile, ...hostFiles];

const texts = new Map<string, string>();

/** A script's text, read on first use. */
function scriptText(file: string): string {
  const known = texts.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(join(scriptFolder, file), "utf8");
  texts.set(file, text);
  return text;
}

/** What runs on a host: one script with one parameter, the request's JSON document. */
export function hostScript(): string {
  return [
    "param([string] $Document)",
    ...hostFiles.map(scriptText),
    "Invoke-HostRequest -Document $Document",
  ].join("\n");
}

/**
 * The one line that makes a fresh PowerShell ready. It says which language the
 * session speaks, defines the dispatcher, keeps the host's script for it, and says
 * that it is ready: without a credential that is due it is not.
 * One line, because PowerShell reads a block of several ones from standard input
 * until an empty line; base64, because then there is nothing to quote.
 */
export function bootstrapLine(): string {
  return (
    '"credssp language $($ExecutionContext.SessionState.LanguageMode)"; ' +
    `$global:CredSSPDispatcher = ${decoded(scriptText(dispatcherFile))}; ` +
    ". ([scriptblock]::Create($global:CredSSPDispatcher)); " +
    "$global:CredSSPWork = [Collections.ArrayList]@(); Set-CredSSPCredential; " +
    `$global:CredSSPHostScript = ${decoded(hostScript())}; "credssp ready"`
  );
}

/** A PowerShell expression that gives a text. */
function decoded(text: string): string {
  const base64 = Buffer.from(text, "utf8").toString("base64");
  return `[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${base64}'))`;
}
