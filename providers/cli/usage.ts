/** The command line cannot be understood; the message is one clear line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What `--help` prints. */
export const usage = `Usage: pulumi-credssp fleet COMMAND [--fleet DIR] [--json]
       pulumi-credssp ledger list HOST... [CONNECTION] [--json]
       pulumi-credssp ledger release OWNER HOST... [CONNECTION] [--json]

Simulated Windows hosts, one JSON file a host:

  fleet list                        who is there, and how each host stands
  fleet show HOST                   one host: roles, policies, what we own there, faults
  fleet new HOST...                 add fresh hosts
  fleet image HOST NEW...           add machines made from an image of one

Changes behind Pulumi's back:

  fleet set HOST NAME=VALUE...      client=on|off, server=on|off: the roles in WinRM
                                    clientPolicy=1|0|none, serverPolicy=1|0|none:
                                    WinRM's policy "Allow CredSSP authentication"
                                    winrm=Running|Stopped: the service
                                    winrmStart=Automatic|Manual|Disabled
                                    localPolicy=on|off: DisableLGPOProcessing
                                    edition=NAME: ServerStandard, Core (Home), ...
  fleet allow HOST SPN...           allow delegating to these, as an administrator with
                                    the policy editor would
  fleet revoke HOST SPN...          take them out again
    --policy NAME                   of another list than AllowFreshCredentials
  fleet domain HOST OBJECT POLICY SETTING...
                                    what a policy object of the domain sets, then
                                    gpupdate. SETTING: an SPN, enabled=1|0|none,
                                    concatenate=1|0|none, clearsFirst=true (empties the
                                    list first); none alone: the policy no more; none
                                    in the place of POLICY: the object is gone
  fleet gpupdate HOST               apply local policy and the domain's now
  fleet fault HOST NAME=VALUE...    unreachable, nonElevated, policyNeverApplies,
                                    crashEnableClient, damagedRegistryPol, openEditors,
                                    constrainedLanguage, wow64, rsopUnavailable,
                                    dieBetweenStores: on|off
                                    policyDelayMs, validateSeconds, dieAfterSteps (the
                                    session dies then): a number, or off

  --fleet DIR   the fleet's folder (else $CREDSSP_FLEET, else .demo/fleet)
  --json        print JSON for programs
  --version     print the version of this package

Who of us owns what on hosts, by the ledger that each of them keeps:

  ledger list HOST...               owner by owner: roles, policies, entries, and what
                                    was there before; what exclusive took away; debts
  ledger release OWNER HOST...      give up all that an owner has there, just as a
                                    destroy of that resource would. It is for owners
                                    whose stack is gone: where the stack still exists,
                                    its next up claims everything again.
                                    OWNER: as list prints it, its URN, or a part that
                                    only one owner has
    --allow-broad-delegation        what exclusive took away comes back even if broad
    --start-service                 start WinRM where a role cannot be switched without

CONNECTION is how the hosts are reached, as the property connection has it:

  --transport local|winrm|ssh|simulated   this machine alone, unless said otherwise
  --fleet DIR                       a simulated fleet, as above
  --port N                          of winrm and ssh
  --open-timeout-seconds S, --operation-timeout-seconds S
                                    of winrm and ssh
  --use-ssl, --authentication A, --configuration-name C
                                    of winrm
  --credential NAME                 of winrm: user name and password are in
                                    CREDSSP_NAME_USERNAME and CREDSSP_NAME_PASSWORD,
                                    or in the file that CREDSSP_CREDENTIALS names
  --user-name U, --key-file-path F, --subsystem S
                                    of ssh
  --option NAME=VALUE               of ssh, as after its -o; once for each option

Exit code: 0 done, 1 it could not be done, 2 the command line is wrong.
`;
