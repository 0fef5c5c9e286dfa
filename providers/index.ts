export type {
  Connection,
  LocalConnection,
  SimulatedConnection,
  SshConnection,
  WinrmConnection,
} from "./connection";
export { CredSSPClient, type CredSSPClientArgs } from "./credsspClient";
export { CredSSPServer, type CredSSPServerArgs } from "./credsspServer";
export {
  DelegationPolicy,
  type DelegationPolicyArgs,
} from "./delegationPolicy";
export type { PolicyName } from "./model/policies";
export type { Outcome as FacetOutcome } from "./model/outcomes";
export { declarations, type Declarations } from "./declarations";
