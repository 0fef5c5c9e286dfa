#!/usr/bin/env node
// npm links this file before the package is compiled, so it exists in the repository and only loads.
require("./bin/cli/main.js");
