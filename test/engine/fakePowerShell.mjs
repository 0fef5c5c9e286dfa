#!/usr/bin/env node
// Stands in for PowerShell where the tests are about its process: it notes who it is and what it does,
// and ignores every signal that can be ignored, as a PowerShell at work may. FAKE_POWERSHELL says how far
// it comes before it notices nothing any more, not even the end of its standard input: "starting" not to
// its first line, "busy" not beyond the first request, "idle" has an answer, of no sense, for every one.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const { FAKE_POWERSHELL: manner, FAKE_POWERSHELL_NOTES: notes } = process.env;
const note = (what) =>
  appendFileSync(notes, `${JSON.stringify({ pid: process.pid, ...what })}\n`);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => undefined);
note({ does: "starts", env: process.env });

const hang = () => new Promise(() => setInterval(() => undefined, 1000));
if (manner === "starting") await hang();

for await (const line of createInterface({ input: process.stdin })) {
  const marker = /^\[Console\]::(Out|Error)\.WriteLine\("(\w+)"\)$/.exec(line);
  if (marker) {
    (marker[1] === "Out" ? process.stdout : process.stderr).write(
      `${marker[2]}\n`,
    );
  } else if (line.startsWith('"credssp language ')) {
    process.stdout.write("credssp language FullLanguage\ncredssp ready\n");
  } else if (line.startsWith("Invoke-CredSSPRequest ")) {
    const json = Buffer.from(line.split(" ")[1], "base64").toString();
    note({ does: "serves" });
    if (manner === "busy") await hang();
    const answer = Buffer.from("{}").toString("base64");
    const { local, groups } = JSON.parse(json);
    for (const { id } of [...local, ...groups.flatMap(({ hosts }) => hosts)])
      process.stdout.write(`\ncredssp ${id} end ${answer}\n`);
  }
}
