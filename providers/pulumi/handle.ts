import type { Kind } from "./definition";

/**
 * The text that goes into Pulumi's state in place of a provider's code. Pulumi
 * stores it twice with every resource and runs the *stored* text on refresh and
 * delete, so it must never change (a test pins it) and holds no logic: it loads
 * the code that is installed beside the program today. A bare module name is
 * resolved from the folder of Pulumi.yaml. No stack, because the
 * dynamic-provider process prints it beside the message.
 */
export function handle(kind: Kind): string {
  return (
    'exports.handler=()=>{const m=process.env.CREDSSP_RUNTIME||"pulumi-credssp/runtime";' +
    `try{return require(m).provider("${kind}")}catch(e){throw Object.assign(new Error("Loading "+m+": "+` +
    String.raw`String(e.message).split("\n")[0]+"\nTry: npm ci in the project's folder. (CREDSSP904)"),{stack:""})}}`
  );
}

/** Pulumi's type token of a kind: policy packs and state tell the kinds apart by it. */
export function typeToken(kind: Kind): string {
  return `pulumi-nodejs:dynamic/credssp:${kind}`;
}
