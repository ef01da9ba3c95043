import { defaulted, defineCommand, flag, optional, repeatable } from '../command.ts'
import { atLeastOne, port } from '../option-values.ts'

export const labStart = defineCommand({
  path: ['lab', 'start'],
  summary: 'run a provider to try things with: consent page, tokens, a small API',
  description: `Runs until Ctrl-C. The redirect URI of \`raw oauth\` and a client are registered already; both are printed. Quirks
are ways in which real providers differ or go wrong; several may be given.`,
  options: {
    port: defaulted('<number>', 'port to listen on; 0 takes a free one', { parse: port, default: 16970 }),
    accessTokenSeconds: optional('<number>', 'lifetime of access tokens', { parse: atLeastOne }),
    quirk: repeatable(
      '<name>',
      'rotation, dpop, dpop_nonce, pushed_requests_only, resource_indicators, registration, device_code, client_credentials, client_assertions, or a fault of the token endpoint: html_502, not_json, error_in_200, slow, huge, hang, lost_reply',
    ),
    stateFile: optional('<file>', 'keep grants and tokens across restarts'),
    json: flag('print address and client as one JSON line'),
    quiet: flag('print the address alone'),
  },
  examples: ['lab start', 'lab start --quirk rotation --access-token-seconds 30', 'lab start --quirk lost_reply'],
  async run(options, terminal) {
    const { startLabForPerson } = await import('../lab/start-lab.ts')
    await startLabForPerson(options, terminal)
  },
})
