import { CredSSPServer } from "pulumi-credssp";

const hosts = process.env["BENCH_HOSTS"]?.split(",") ?? [];

for (const host of hosts) {
  new CredSSPServer(host, { host, connection: { transport: "winrm" } });
}
