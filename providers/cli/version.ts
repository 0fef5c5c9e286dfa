import { createRequire } from "node:module";

/** This package's version, from its own package.json: it stands elsewhere before and after compiling. */
export function packageVersion(): string {
  const self = createRequire(__filename)("pulumi-credssp/package.json") as {
    readonly version: string;
  };
  return self.version;
}
