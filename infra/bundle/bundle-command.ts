// The `sluice` command as one package without dependencies: what a user installs. Commands are chunks of their own, so that
// `--help` reads none of them.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { assetUrls } from './asset-urls.ts'
import { licensesOf } from './licenses.ts'

/** @param directory is replaced */
export async function bundleCommand(checkout: string, directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const bundle = await rolldown({
    input: { main: join(checkout, 'cli/src/main.ts') },
    platform: 'node',
    plugins: [assetUrls(checkout, directory)],
    onLog(level, log, report) {
      if (level === 'warn' && log.code !== 'EVAL') report('error', log)
    },
  })
  const { output } = await bundle.write({
    dir: join(directory, 'lib'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    // The lab's provider chooses lifetimes by the names of its classes.
    keepNames: true,
    minify: { compress: true, mangle: false, codegen: false },
  })
  await bundle.close()

  const modules = output.flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []))
  writeFileSync(join(directory, 'THIRD-PARTY-LICENSES.txt'), `${licensesOf(modules)}\n`)
  cpSync(join(checkout, 'LICENSE'), join(directory, 'LICENSE'))
  cpSync(join(checkout, 'cli/README.md'), join(directory, 'README.md'))
  writeFileSync(join(directory, 'sluice.mjs'), START, { mode: 0o755 })
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(manifest(checkout), null, 2)}\n`)
}

/** Plain JavaScript for any Node, so that an older one says what is missing. */
const START = `#!/usr/bin/env node
import nodeModule from 'node:module'
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(\`sluice runs on Node 24 or later; this is \${process.version}. See https://nodejs.org\\n\`)
  process.exit(70)
}
nodeModule.enableCompileCache()
await import('./lib/main.js')
`

function manifest(checkout: string): Record<string, unknown> {
  const { name, version, description, license } = JSON.parse(readFileSync(join(checkout, 'cli/package.json'), 'utf8'))
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    engines: { node: '>=24' },
    bin: { sluice: 'sluice.mjs' },
    files: ['sluice.mjs', 'lib', 'assets', 'THIRD-PARTY-LICENSES.txt'],
  }
}
