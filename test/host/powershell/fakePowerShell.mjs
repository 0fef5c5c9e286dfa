#!/usr/bin/env node
// Stands in for PowerShell in tests of the channel: it works off the lines node-powershell feeds it, and does
// what the document of a request tells it to. FAKE_LANGUAGE is the language mode it announces.
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const write = (text) => process.stdout.write(text);
const line = (id, kind, document) =>
  `\ncredssp ${id} ${kind} ${Buffer.from(JSON.stringify(document)).toString("base64")}\n`;

const language = process.env.FAKE_LANGUAGE ?? "FullLanguage";

let lines = 0;
let served = 0;
const acts = {
  later: (id, { ms, value }) =>
    setTimeout(() => write(line(id, "end", { value })), ms),
  answer: (id, { value }) => write(line(id, "end", { value })),
  self: (id) =>
    write(
      line(id, "end", {
        pid: process.pid,
        lines,
        served,
        env: process.env,
        argv: process.argv,
      }),
    ),
  part: (id, { value }) => write(line(id, "part", { finished: value })),
  print: (_, { out = "", err = "" }) => {
    write(out);
    process.stderr.write(err);
  },
  wrongId: () =>
    write(
      line("00000000-0000-0000-0000-000000000000", "end", { forged: true }),
    ),
  large: (id, { size }) => write(line(id, "end", { value: "x".repeat(size) })),
  broken: (id) => write(`credssp ${id} end not-json\n`),
  cut: (id) => write(line(id, "end", { value: 1 }).slice(0, -6) + "\n"),
  exit: (_, { code }) => process.exit(code),
  // Prints its last words before it goes: process.exit would cut a pipe's tail off.
  lastWords: (id, { code }) =>
    process.stdout.write(line(id, "end", { value: "last" }), () =>
      process.exit(code),
    ),
  hang: () => setInterval(() => undefined, 1000),
};

if (process.env.FAKE_LAST_WILL) {
  process.stdin.on("end", () =>
    writeFileSync(process.env.FAKE_LAST_WILL, "well"),
  );
}

let hanging = false;
for await (const input of createInterface({ input: process.stdin })) {
  if (hanging || process.env.FAKE_NEVER_READY) continue;
  const marker = /^\[Console\]::(Out|Error)\.WriteLine\("(\w+)"\)$/.exec(input);
  if (marker) {
    const stream = marker[1] === "Out" ? process.stdout : process.stderr;
    // A restricted session cannot call a method of the console.
    if (language === "FullLanguage") stream.write(`${marker[2]}\n`);
  } else if (input.startsWith('"credssp language ')) {
    write(`credssp language ${language}\n`);
    await pause(Number(process.env.FAKE_READY_MS ?? 0));
    if (!process.env.FAKE_NOT_READY) write("credssp ready\n");
  } else if (input.startsWith("Invoke-CredSSPRequest ")) {
    const json = Buffer.from(input.split(" ")[1], "base64").toString();
    lines++;
    const { local, groups } = JSON.parse(json);
    const elsewhere = groups.flatMap(({ hosts, document }) =>
      hosts.map(({ id, name }) => ({ id, name, document })),
    );
    served += local.length + elsewhere.length;
    for (const { id, name, document } of [...local, ...elsewhere]) {
      for (const step of JSON.parse(document)) {
        if (step.on !== undefined && step.on !== name) continue;
        acts[step.do](id, step);
        if (step.do === "hang" || step.do === "lastWords") hanging = true;
      }
    }
  }
}
