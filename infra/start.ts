// `npm start`: the server, and beside it the lab, so that the whole story can be tried without an account anywhere.
import { ConfigError, readConfig } from '@sluice/server'
import { printBanner } from './start/banner.ts'
import { startDemo } from './start/demo.ts'
import { explainFailure } from './start/explain-failure.ts'

const asked = Promise.withResolvers<number>()
let signals = 0
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    signals += 1
    // The first one ends everything in order, also when it comes while starting; the second does not wait.
    if (signals > 1) process.exit(130)
    asked.resolve(0)
  })
}

try {
  const demo = await startDemo(readConfig(process.env), {
    new_admin_key: process.argv.includes('--new-admin-key'),
    lab_port: readLabPort(process.env.SLUICE_LAB_PORT),
    data_home: process.env.XDG_DATA_HOME,
  })
  if (signals === 0) printBanner(demo)
  demo.broken.then((reason) => {
    process.stderr.write(`${reason}\nStart again with npm start: nothing that was acknowledged is lost.\n`)
    asked.resolve(1)
  })
  const code = await asked.promise
  await demo.close()
  process.exit(code)
} catch (error) {
  process.stderr.write(`\n${explainFailure(error)}\n`)
  process.exit(1)
}

function readLabPort(text = '16970'): number {
  const port = Number(text)
  if (text !== '' && Number.isInteger(port) && port >= 0 && port < 65536) return port
  throw new ConfigError('The environment is not usable.\n  SLUICE_LAB_PORT: must be a port, 0 (any free one) to 65535')
}
