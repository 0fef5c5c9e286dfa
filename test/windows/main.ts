// What `npm run test:windows` runs once everything is installed; see scripts/testWindows.mjs.
import { run } from "./run";

void run(process.argv.slice(2), process.env).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
