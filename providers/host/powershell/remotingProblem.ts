import { problem, type Problem } from "../../model/errors";
import { answerCommand, sessionCommand, type Way } from "./byHand";

/** What PowerShell says of a session that could not be opened, or that ended. */
export interface RemotingFailure {
  /** Its words, on one line. */
  readonly said: string;
  /** Its id of the error, with what is known beside. */
  readonly found: string;
  /** The error's number: Windows' or WSMan's, signed or not; null where there is none. */
  readonly code: number | null;
}

/** Nobody is there, or nobody who speaks WinRM (winerror.h and wsmerror.h). */
const silences: ReadonlySet<number> = new Set([
  53, // ERROR_BAD_NETPATH
  2150858770, // destination unreachable
  2150859026, // HTTP 503: the service is starting or stopping
  2150859046, // the network timed out
  2150859193, // the name is not known
]);

/** Whoever asks is not let in. */
const refusals: ReadonlySet<number> = new Set([
  5, // ERROR_ACCESS_DENIED
  1326, // ERROR_LOGON_FAILURE
  1327, // ERROR_ACCOUNT_RESTRICTION
  1330, // ERROR_PASSWORD_EXPIRED
  1331, // ERROR_ACCOUNT_DISABLED
  1909, // ERROR_ACCOUNT_LOCKED_OUT
  2147942405, // E_ACCESSDENIED
  2150858806, // authentication failed
  2150859229, // remote access is disabled
]);

/** The client sends a password to nobody whom it cannot prove. */
const distrusts: ReadonlySet<number> = new Set([
  2150858980, // not in TrustedHosts
  2150858981, // explicit credentials are needed, or TrustedHosts
]);

/** What a failed session means. It is told by the code, which is the same in every language of Windows. */
export function remotingProblem(
  { host, ...way }: Way & { readonly host: string },
  { said, found, code }: RemotingFailure,
): Problem {
  const details = { said, found, host };
  // PowerShell gives WSMan's codes as signed numbers.
  const unsigned = code === null ? 0 : code >>> 0;
  if (silences.has(unsigned)) {
    const command = answerCommand(way);
    return problem("CREDSSP206", { ...details, command });
  }
  if (refusals.has(unsigned)) return problem("CREDSSP225", details);
  if (distrusts.has(unsigned)) return problem("CREDSSP227", details);
  const command = sessionCommand(way);
  return problem("CREDSSP226", { ...details, command });
}
