import { problem, type Problem } from "../../model/errors";
import { fingerprintParts, type FingerprintPart } from "../../model/facts";
import type { StepFailure } from "../host";
import { at, readObservation, ShapeError, type Observed } from "./observation";
import type { Reply } from "./channel";
import type { Way } from "./byHand";
import { missingProblem } from "./executable";
import { remotingProblem } from "./remotingProblem";
import { sshNoise } from "./sshNoise";
import { faultCode, oneLine } from "./words";

/** Where an answer comes from: facts of the errors that tell of it. */
export interface Origin extends Way {
  readonly host: string;
  readonly transport: "local" | "winrm" | "ssh";
  readonly platform: NodeJS.Platform;
  readonly lockSeconds: number;
  /** Other hosts that the same PowerShell may have been asked for; absent: none. */
  readonly others?: readonly string[];
}

/**
 * What a reply comes to: the host as it was seen, with how the batch ended, or why there is no such
 * thing.
 */
export type Answer =
  | {
      readonly outcome: "observed" | "done";
      readonly observed: Observed;
    }
  | {
      readonly outcome: "stale";
      readonly moved: readonly FingerprintPart[];
      readonly observed: Observed;
    }
  | {
      readonly outcome: "failed";
      readonly failure: StepFailure;
      readonly observed: Observed;
    }
  | {
      readonly outcome: "none";
      readonly problem: Problem;
      /** What was carrying the request out went down, and with it word of how far it was. */
      readonly died: boolean;
    };

/** Reads a reply of the channel. Pure; whatever does not fit is CREDSSP213. */
export function readReply(reply: Reply, origin: Origin): Answer {
  const none = (p: Problem, died = false): Answer => ({
    outcome: "none",
    problem: p,
    died,
  });
  switch (reply.kind) {
    case "noPowerShell":
      return none(missingProblem(reply, origin));
    case "language":
      return none(problem("CREDSSP208", { mode: reply.mode }));
    case "timeout":
      return none(
        problem("CREDSSP205", {
          seconds: reply.seconds,
          found: beside(`PowerShell was ended${after(reply)}`, reply.noise),
        }),
      );
    case "lost":
      return none(
        problem("CREDSSP228", {
          said: oneLine(reply.said),
          found: beside(`no answer${after(reply)}`, reply.noise),
        }),
        reply.sent,
      );
    case "answer":
      try {
        return readDocument(reply, origin, none);
      } catch (error) {
        if (!(error instanceof ShapeError)) throw error;
        return none(problem("CREDSSP213", { found: error.message }));
      }
  }
}

function readDocument(
  reply: Reply & { kind: "answer" },
  origin: Origin,
  none: (p: Problem, died?: boolean) => Answer,
): Answer {
  const root = at(reply.document, "answer");
  const begun = reply.parts.length > 0;
  const observed = (): Observed =>
    readObservation(root.object("observation").value);
  const outcome = root.text("outcome");
  switch (outcome) {
    case "observed":
    case "done":
      return { outcome, observed: observed() };
    case "stale":
      return {
        outcome,
        moved: fingerprintParts.filter((p) => root.array("moved").includes(p)),
        observed: observed(),
      };
    case "failed": {
      const failure = root.object("failure");
      const message = failure.text("message");
      return {
        outcome,
        failure: {
          step: failure.text("step") as StepFailure["step"],
          message: oneLine(message),
          errorId: failure.text("errorId"),
          faultCode: faultCode(message),
        },
        observed: observed(),
      };
    }
    case "locked":
      return none(problem("CREDSSP214", { seconds: origin.lockSeconds }));
    case "unstable":
      // After steps this too means that only another look can say how far it came.
      return none(
        problem("CREDSSP211", { moved: "its delegation policy", times: 12 }),
        begun,
      );
    case "language":
      return none(problem("CREDSSP208", { mode: root.text("mode") }));
    case "platform":
      return none(
        problem("CREDSSP212", {
          transport: origin.transport,
          platform: origin.platform,
        }),
      );
    case "error": {
      const failure = root.object("failure");
      const details = {
        said: oneLine(failure.text("message")),
        id: ` (${failure.text("errorId")})${after(reply)}`,
      };
      return none(problem("CREDSSP215", details), begun);
    }
    case "remoting": {
      const failure = root.object("failure");
      const said = oneLine(failure.text("message"));
      // A session that never said it began was not reached.
      const id = `${failure.text("errorId")}${after(reply)}`;
      const found = beside(id, aboutHost(origin, reply.noise));
      const code = failure.numberOrNull("code");
      return none(remotingProblem(origin, { said, found, code }), begun);
    }
    case "noSsh":
      return none(problem("CREDSSP224"));
    case "timeout": {
      const seconds = root.number("seconds");
      const closed = `its session was closed${after(reply)}`;
      const found = beside(closed, aboutHost(origin, reply.noise));
      return none(problem("CREDSSP205", { seconds, found }));
    }
    default:
      throw new ShapeError("answer.outcome", "one of this version's");
  }
}

/** What ssh prints goes to the PowerShell that started it: of that, what may be about this host. */
function aboutHost(
  { host, transport, remote, others = [] }: Origin,
  noise: string,
): string {
  if (transport !== "ssh") return "";
  const options = remote?.parameters["Options"];
  return sshNoise(noise, { host, others, options });
}

/** Which steps the host said were done. */
function after(reply: { readonly parts: readonly unknown[] }): string {
  const done = reply.parts.flatMap((part) => {
    const { finished } = (part ?? {}) as { finished?: unknown };
    return typeof finished === "string" ? [finished] : [];
  });
  return done.length > 0 ? ` after ${done.join(", ")}` : "";
}

function beside(found: string, noise: string): string {
  return noise === "" ? found : `${found}; it printed: ${oneLine(noise)}`;
}
