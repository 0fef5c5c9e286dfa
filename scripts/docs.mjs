// `npm run docs`: writes the pages that are made from the package's own tables. Tests compare them.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { install, repository } from "./install.mjs";

install(console.log);
const require = createRequire(import.meta.url);
for (const name of ["errors", "policies"]) {
  const page = require(`../providers/bin/model/${name}Page.js`)[`${name}Page`];
  writeFileSync(path.join(repository, "docs", `${name}.md`), page());
}
