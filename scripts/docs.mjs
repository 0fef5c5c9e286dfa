// `npm run docs`: writes docs/errors.md from the catalogue of errors. A test compares the two.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { install, repository } from "./install.mjs";

install(console.log);
const { errorsPage } = createRequire(import.meta.url)(
  "../providers/bin/model/errorsPage.js",
);
writeFileSync(path.join(repository, "docs", "errors.md"), errorsPage());
