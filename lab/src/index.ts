export { ACCOUNTS, type Account, type AccountId } from './accounts.ts'
export type { MessageFromChild, MessageToChild } from './child-messages.ts'
export { type ConsentChoice, consent } from './consent.ts'
export { enterUserCode } from './enter-user-code.ts'
export { FAULTS, type Fault, type FaultName } from './faults.ts'
export type { Lab, LabClient, LabOptions, LabStandard } from './lab.ts'
export { LabError, type LabErrorCode } from './lab-error.ts'
export { type OAuth1Client, type OAuth1Lab, type OAuth1LabOptions, startOAuth1Lab } from './oauth1/start-oauth1-lab.ts'
export {
  type OAuth1SignatureMethod,
  type ReceivedRequest as ReceivedOAuth1Request,
  type Verifier as OAuth1Verifier,
  verifyRequest as verifyOAuth1Request,
} from './oauth1/verify-request.ts'
export {
  type GrantStandIn,
  type GrantStandInOptions,
  type IssuedToken,
  startGrantStandIn,
} from './stand-ins/start-grant-stand-in.ts'
export {
  type InstallationStandIn,
  type InstallationStandInOptions,
  startInstallationStandIn,
} from './stand-ins/start-installation-stand-in.ts'
export { startLab } from './start-lab.ts'
