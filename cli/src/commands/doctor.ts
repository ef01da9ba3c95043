import { defaulted, defineCommand, flag, optional } from '../command.ts'
import { port } from '../option-values.ts'
import { serverOptions } from '../server/server-options.ts'

export const doctor = defineCommand({
  path: ['doctor'],
  summary: 'look for what is wrong, or soon will be, with a server',
  description: `Looks at a running server from the outside in: name, port, certificate, health, clocks, base URL and proxies, database
and migrations, encryption keys, queue, confinement of connectors; and for each integration the redirect URI to
register, with the proof that authorization requests carry exactly that one, and the age of its client secret.

Ends with 11 when something must be mended; warnings do not count unless --strict is given. The API key of the login
needs the scope admin for all of it; what another key may not see is skipped.

With --local it looks at this machine instead, without a server: data directory, port, disk, Postgres, and the database
itself: version, migrations, keys, queue, age of client secrets. It is the one of DATABASE_URL, else the embedded one of
the data directory where that runs. The same is read where a server does not answer and DATABASE_URL or --data is
given. Nothing is changed or migrated by looking.`,
  options: {
    local: flag('look at this machine, without a server'),
    data: optional('<directory>', 'the server’s data directory; else SLUICE_DATA, else .sluice'),
    port: defaulted('<number>', 'with --local: the port of the server', { parse: port, default: 8080 }),
    strict: flag('warnings count too'),
    json: flag('print all findings as one JSON object'),
    quiet: flag('print what is not well, and nothing else'),
    ...serverOptions,
  },
  examples: [
    'doctor',
    'doctor --server https://sluice.example.com --strict',
    'doctor --json | jq \'.findings[] | select(.status != "ok")\'',
    'doctor --local',
    'doctor --local --data /var/lib/sluice --json',
  ],
  async run(options, terminal) {
    const { doctor } = await import('../doctor/doctor.ts')
    await doctor(options, terminal)
  },
})
