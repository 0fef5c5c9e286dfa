/** The command line cannot be understood; the message is one clear line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What `--help` prints. */
export const usage = `Usage: pulumi-credssp fleet COMMAND [--fleet DIR] [--json]

Simulated Windows hosts, one JSON file a host.

  fleet list                        who is there, and how each host stands
  fleet show HOST                   one host: roles, entries, ledger, faults
  fleet new HOST...                 add fresh hosts

Changes behind Pulumi's back:

  fleet set HOST NAME=VALUE...      client=on|off, server=on|off: the roles in WinRM
                                    clientPolicy=1|0|none, serverPolicy=1|0|none:
                                    WinRM's policy "Allow CredSSP authentication"
                                    winrm=Running|Stopped: the service
  fleet allow HOST SPN...           allow delegating fresh credentials to these, as an
                                    administrator with the policy editor would
  fleet revoke HOST SPN...          take them out again
  fleet gpupdate HOST               apply local policy now
  fleet fault HOST NAME=VALUE...    unreachable, nonElevated, policyNeverApplies,
                                    crashEnableClient, damagedRegistryPol, openEditors,
                                    constrainedLanguage, wow64: on|off
                                    policyDelayMs, validateSeconds: a number, or off

  --fleet DIR   the fleet's folder (else $CREDSSP_FLEET, else .demo/fleet)
  --json        print JSON for programs

Exit code: 0 done, 1 it could not be done, 2 the command line is wrong.
`;
