// `npm run build:cli`: writes the package of the `sluice` command to cli/dist, or to the directory that is named;
// `npm pack ./cli/dist` makes its tarball.
import { join, resolve } from 'node:path'
import { bundleCommand } from './bundle/bundle-command.ts'
import { checkout } from './checkout.ts'

const directory = resolve(process.argv[2] ?? join(checkout, 'cli/dist'))
await bundleCommand(checkout, directory)
process.stdout.write(`${directory}\n`)
