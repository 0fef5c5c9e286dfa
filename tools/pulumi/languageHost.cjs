"use strict";

// Pulumi runs a Node program through a helper named pulumi-language-nodejs.
// Pulumi's own helper comes with its releases only: it is a Go module that no
// Go proxy serves. This is ours, for the Pulumi that scripts/pulumiCommand.mjs
// builds with Go; it starts the same `@pulumi/pulumi/cmd/run` as the official
// one does (pulumi/pulumi, sdk/nodejs/cmd/pulumi-language-nodejs/main.go).
//
// It lives in a cache folder that many projects share, so the SDK comes from
// the project: Pulumi starts us in the project's folder.

const { spawn } = require("node:child_process");
const { createRequire } = require("node:module");
const path = require("node:path");

/** What `cmd/run` exits with when it has told the user about the error. */
const TOLD_THE_USER = 32;

/** How long a program may take to stop; Pulumi kills us after five seconds. */
const STOP_LIMIT_MS = 4000;

/** The limit of Pulumi's own servers (rpcutil), against gRPC's 4 MB. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** A `require` that finds what the project in that folder would find. */
const requireFrom = (/** @type {string} */ directory) =>
  createRequire(path.join(directory, "index.js"));

const engineAddress = process.argv.at(-1);
const project = requireFrom(process.cwd());

let sdk;
try {
  sdk = requireFrom(path.dirname(project.resolve("@pulumi/pulumi")));
} catch {
  console.error(
    `There is no @pulumi/pulumi in ${process.cwd()}. Have you run "npm ci"?`,
  );
  process.exit(1);
}
const grpc = sdk("@grpc/grpc-js");
const { Empty } = sdk("google-protobuf/google/protobuf/empty_pb.js");
const language = sdk("./proto/language_pb.js");
const { PluginInfo } = sdk("./proto/plugin_pb.js");
const { LanguageRuntimeService } = sdk("./proto/language_grpc_pb.js");

/** @type {Set<import("node:child_process").ChildProcess>} */
const programs = new Set();

/**
 * Asks a program to stop as Ctrl-C would, and insists if it does not.
 *
 * @param {import("node:child_process").ChildProcess} program
 */
function stop(program) {
  program.kill("SIGINT");
  setTimeout(() => program.kill("SIGKILL"), STOP_LIMIT_MS).unref();
}

/**
 * Ends this process once no program is left. Pulumi signals the whole process
 * group, but a program with a handler of its own would outlive us.
 */
function leave() {
  if (programs.size === 0) {
    process.exit(0);
  }
  for (const program of programs) {
    stop(program);
    program.once("close", leave);
  }
}

/**
 * Splits `nodeargs` at spaces outside quotes.
 *
 * @param {string} text
 */
function splitArguments(text) {
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replaceAll(/["']/g, ""));
}

/**
 * Starts the program of a RunRequest.
 *
 * @param {import("@pulumi/pulumi/proto/language_pb").RunRequest} request
 */
function startProgram(request) {
  const info = request.getInfo() ?? new language.ProgramInfo();
  const directory = info.getProgramDirectory();
  /** @type {{ typescript?: boolean, tsconfig?: string, nodeargs?: string }} */
  const options = info.getOptions()?.toJavaScript() ?? {};
  /** @type {NodeJS.ProcessEnv} */
  const env = {
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(
      Object.fromEntries(request.getConfigMap().toArray()),
    ),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(
      request.getConfigsecretkeysList(),
    ),
  };
  if (String(options.typescript ?? true) === "true") {
    env.PULUMI_NODEJS_TYPESCRIPT = "true";
  }
  if (options.tsconfig) {
    env.PULUMI_NODEJS_TSCONFIG_PATH = options.tsconfig;
  }
  const flags = Object.entries({
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": info.getRootDirectory(),
    stack: request.getStack(),
    pwd: directory,
    parallel: String(request.getParallel()),
  }).flatMap(([name, value]) => (value ? [`--${name}`, value] : []));
  return spawn(
    process.execPath,
    [
      ...splitArguments(options.nodeargs ?? ""),
      requireFrom(directory).resolve("@pulumi/pulumi/cmd/run"),
      ...flags,
      ...(request.getDryrun() ? ["--dry-run"] : []),
      info.getEntryPoint() || ".",
      ...request.getArgsList(),
    ],
    // Pipes rather than our own streams: a program that never ends must not
    // hold Pulumi's end of them open after we are gone.
    { env, stdio: ["ignore", "pipe", "pipe"], windowsHide: true },
  );
}

/**
 * Runs the program and answers when it has ended and said all it had to.
 *
 * @param {any} call
 * @param {(error: null, answer: object) => void} reply
 */
function run(call, reply) {
  const answer = new language.RunResponse();
  let program;
  try {
    program = startProgram(call.request);
  } catch (error) {
    answer.setError(error instanceof Error ? error.message : String(error));
    reply(null, answer);
    return;
  }
  programs.add(program);
  program.stdout.pipe(process.stdout, { end: false });
  program.stderr.pipe(process.stderr, { end: false });
  call.on("cancelled", () => stop(program));
  program.once("error", (error) => {
    answer.setError(`The program could not be started: ${error.message}`);
  });
  program.once("close", (code, signal) => {
    programs.delete(program);
    if (code === TOLD_THE_USER) {
      answer.setBail(true);
    } else if (signal !== null) {
      answer.setError(`Program was ended by ${signal}`);
    } else if (code !== 0 && !answer.getError()) {
      answer.setError(`Program exited with non-zero exit code: ${code}`);
    }
    reply(null, answer);
  });
}

/**
 * An implementation of a method whose answer is always the same.
 *
 * @param {object} answer
 * @returns {(call: any, reply: (error: null, answer: object) => void) => void}
 */
const always = (answer) => (_call, reply) => reply(null, answer);

const server = new grpc.Server({
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
});

// grpc-js answers UNIMPLEMENTED to every method that is missing here.
server.addService(LanguageRuntimeService, {
  handshake: always(new language.LanguageHandshakeResponse()),
  getPluginInfo: always(
    new PluginInfo().setVersion(sdk("./package.json").version),
  ),
  // Nothing to fetch beforehand: dynamic resources bring their own provider,
  // and Pulumi fetches any other when it meets a resource of it.
  getRequiredPlugins: always(new language.GetRequiredPluginsResponse()),
  getRequiredPackages: always(new language.GetRequiredPackagesResponse()),
  run,
  cancel(
    /** @type {any} */ _call,
    /** @type {(error: null, answer: object) => void} */ reply,
  ) {
    programs.forEach(stop);
    reply(null, new Empty());
  },
});

server.bindAsync(
  "127.0.0.1:0",
  grpc.ServerCredentials.createInsecure(),
  (/** @type {Error | null} */ error, /** @type {number} */ port) => {
    if (error) {
      throw error;
    }
    // Pulumi reads this line to know where we listen.
    console.log(port);
  },
);

// When Pulumi is killed, what a program still says has nowhere to go. That must
// not end us before the program.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

// Pulumi holds the other end of our standard input, so it ends even when
// Pulumi is killed.
process.stdin.once("end", leave).resume();
// SIGBREAK is what Pulumi sends on Windows.
for (const signal of ["SIGINT", "SIGTERM", "SIGBREAK"]) {
  process.on(signal, leave);
}
