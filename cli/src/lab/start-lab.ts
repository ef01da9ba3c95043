import { once } from 'node:events'
import { FAULTS, type FaultName, type LabOptions, type LabStandard, startLab } from '@sluice/lab'
import { CliError } from '../cli-error.ts'
import { printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'

const STANDARDS: readonly LabStandard[] = [
  'client_credentials',
  'device_code',
  'client_assertions',
  'dpop',
  'dpop_nonce',
  'pushed_requests_only',
  'resource_indicators',
  'registration',
]
const CLIENT = {
  client_id: 'sluice-cli',
  client_secret: 'lab-secret-of-sluice-cli',
  redirect_uris: ['http://localhost:16963/'],
}
/** A fault of the lab is for so many token requests: as long as a person tries things. */
const FAULTY_REQUESTS = 1_000

export interface LabStartOptions {
  port: number
  accessTokenSeconds: number | undefined
  quirk: string[]
  stateFile: string | undefined
  json: boolean
}

export async function startLabForPerson(options: LabStartOptions, terminal: Terminal): Promise<void> {
  const { standards, faults, rotation } = readQuirks(options.quirk)
  const settings: LabOptions = {
    port: options.port,
    clients: [CLIENT],
    standards,
    ...(rotation && { rotation: 'always' as const }),
    ...(options.accessTokenSeconds !== undefined && { access_token_seconds: options.accessTokenSeconds }),
    ...(options.stateFile !== undefined && { state_file: options.stateFile }),
  }
  const lab = await startLab(settings)
  try {
    for (const fault of faults) lab.fault(fault, FAULTY_REQUESTS)
    await terminal.print(options.json ? printableJson({ origin: lab.origin, ...CLIENT }) : lab.origin)
    terminal.note(`The lab listens on ${terminal.paint('bold', lab.origin)}; Ctrl-C ends it.

  client id       ${CLIENT.client_id}
  client secret   ${CLIENT.client_secret}
  redirect URI    http://localhost:16963/
  authorization   ${lab.origin}/auth
  token           ${lab.origin}/token
  metadata        ${lab.origin}/.well-known/openid-configuration
  demo API        ${lab.origin}/api/customers  /api/orders  /api/me
${options.quirk.length === 0 ? '' : `  quirks          ${options.quirk.join(', ')}\n`}`)
    if (!terminal.signal.aborted) await once(terminal.signal, 'abort')
  } finally {
    await lab.close()
  }
  terminal.signal.throwIfAborted()
}

function readQuirks(names: readonly string[]) {
  const standards = STANDARDS.filter((name) => names.includes(name))
  const faultNames = Object.keys(FAULTS).filter((name): name is FaultName => Object.hasOwn(FAULTS, name))
  const faults = faultNames.filter((name) => names.includes(name))
  const known: string[] = ['rotation', ...STANDARDS, ...faultNames]
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new CliError('usage', `The lab has no quirk ${unknown}.`, { next_action: `It has ${known.join(', ')}.` })
  }
  return { standards, faults, rotation: names.includes('rotation') }
}
