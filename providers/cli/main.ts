import { run } from "./run";

void run(process.argv.slice(2), {
  environment: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}).then((code) => {
  // Not process.exit(): it would cut off what a pipe has not taken yet.
  process.exitCode = code;
});
