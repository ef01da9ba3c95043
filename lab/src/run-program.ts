import { parseArgs } from 'node:util'
import { z } from 'zod'
import { readDeveloperClient } from './developer-client.ts'
import { LabError } from './lab-error.ts'
import { startLab } from './start-lab.ts'

const DEFAULT_PORT = '16970'

const USAGE = `Usage: npm run lab -- [options]

  --port <number>                  default ${DEFAULT_PORT}
  --state-file <path>              keep grants and tokens across restarts; default: memory only
  --access-token-seconds <number>  lifetime of access tokens; default 3600
  --rotation never|always          whether a refresh gives a new refresh token; default never
`

const settings = z.object({
  port: z.coerce.number().int().min(0).max(65535),
  'state-file': z.string().optional(),
  'access-token-seconds': z.coerce.number().int().positive().optional(),
  rotation: z.enum(['never', 'always']).optional(),
})

/** Runs the lab for a person at a terminal, with the client that `sluice raw oauth` uses, until Ctrl-C or SIGTERM. */
export async function runProgram(args: string[]): Promise<void> {
  const options = readOptions(args)
  if (options === 'help') return void process.stdout.write(USAGE)
  const client = await readDeveloperClient()
  const lab = await startLab({
    port: options.port,
    clients: [client],
    state_file: options['state-file'],
    access_token_seconds: options['access-token-seconds'],
    rotation: options.rotation,
  })
  const stop = () => void lab.close().then(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)

  process.stdout.write(`Lab: ${lab.origin}
  client        ${client.client_id} (secret in lab/connectors/source-lab/oauth-client.json)
  redirect URI  ${client.redirect_uris.join(', ')}
  accounts      alice, bob (no passwords)
Ctrl-C stops it.
`)
}

function readOptions(args: string[]): z.infer<typeof settings> | 'help' {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: 'string', default: DEFAULT_PORT },
        'state-file': { type: 'string' },
        'access-token-seconds': { type: 'string' },
        rotation: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    return values.help ? 'help' : settings.parse(values)
  } catch (cause) {
    const option = cause instanceof z.ZodError ? `The value of --${cause.issues[0]?.path.join()} does not fit.` : null
    throw new LabError('invalid_option', `${option ?? (cause as Error).message}\n\n${USAGE}`, { cause })
  }
}
