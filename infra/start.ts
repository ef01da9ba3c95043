// `npm start`: the server, and beside it the lab, so that the whole story can be tried without an account anywhere.
import { readConfig } from '@sluice/server'
import { printBanner } from './start/banner.ts'
import { startDemo } from './start/demo.ts'
import { explainFailure } from './start/explain-failure.ts'

try {
  const config = readConfig(process.env)
  const demo = await startDemo(config, {
    new_admin_key: process.argv.includes('--new-admin-key'),
    lab_port: Number(process.env.SLUICE_LAB_PORT ?? 16970),
    data_home: process.env.XDG_DATA_HOME,
  })
  printBanner(demo)

  let stopping = false
  const stop = async (code: number) => {
    if (stopping) process.exit(130)
    stopping = true
    await demo.close()
    process.exit(code)
  }
  process.on('SIGINT', () => void stop(0))
  process.on('SIGTERM', () => void stop(0))
  demo.broken.then((reason) => {
    process.stderr.write(`${reason}\nStart again with npm start: nothing that was acknowledged is lost.\n`)
    return stop(1)
  })
} catch (error) {
  process.stderr.write(`\n${explainFailure(error)}\n`)
  process.exit(1)
}
