// A connector that answers once the token of its lease was renewed under it, for runtimes that share no loopback with it.
import { secret } from '@sluice/connector-specs'
import { flow } from '../index.ts'
import type { LeasedGrant } from '../lease/leased-grant.ts'
import { openLease } from '../lease/open-lease.ts'
import { FLOW_PLACE } from '../lease/place-credentials.ts'
import type { Runtime } from '../runtime/runtime.ts'

const LIFETIME_MS = 1_500

const SCRIPT = `
const answer = (properties) => console.log(JSON.stringify({ spec: { protocol: 3032023, configSchema: { properties }, resourceConfigSchema: {} } }))
const seen = new Set()
const look = () => {
  const { access_token, ...rest } = JSON.parse(require('node:fs').readFileSync(process.env.SLUICE_LEASE, 'utf8'))
  seen.add(access_token)
  if (seen.size < 3) return setTimeout(look, 20)
  answer({ seen: [...seen], told: Object.keys(rest), lives: Date.parse(rest.expires_at) > Date.now() })
}
process.stdin.once('data', look)`

/** @returns the tokens that it found in the file of its lease, what else stood there, and whether the last one still lived */
export async function askLeased(runtime: Runtime, commandOf: (script: string) => string[]) {
  let issued = 0
  const grant = (): LeasedGrant => {
    issued += 1
    const expires_at = new Date(Date.now() + LIFETIME_MS)
    return { access_token: secret(`token-${issued}`), expires_at, credentials: secret({}) }
  }
  const renew = async () => grant()
  const lease = await openLease({ config: secret({}), grant: grant(), place: FLOW_PLACE, renew })
  try {
    const launch = { name: 'acme/leased', runtime, image: 'acme/node', command: commandOf(SCRIPT), cwd: '', env: {} }
    const { config_schema } = await flow.spec({ ...launch, secrets: [], lease })
    return config_schema.properties
  } finally {
    await lease.close()
  }
}
