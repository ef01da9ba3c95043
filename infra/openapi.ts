// `npm run openapi` writes what others know of the server from its sources: the API document and the client's types from
// the routes, the migrations for `sluice doctor`. With `--check` it only says whether the files are up to date.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { apiDocument, migrations } from '@sluice/server'

const DOCUMENT = 'server/openapi.json'
const TYPES = 'client/src/openapi.ts'
const MIGRATIONS = 'cli/src/doctor/known-migrations.ts'
const root = new URL('..', import.meta.url)

const document = `${JSON.stringify(apiDocument(), null, 2)}\n`
const knownMigrations = `/** Those of the server of this version, in order; written by \`npm run openapi\`. */
export const KNOWN_MIGRATIONS = [
${Object.keys(migrations)
  .map((name) => `  '${name}',`)
  .join('\n')}
]
`
if (process.argv.includes('--check')) {
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-openapi-'))
  const draft = join(scratch, 'openapi.json')
  await writeFile(draft, document)
  const types = await typesOf(draft).finally(() => rm(scratch, { recursive: true }))
  const written = [
    [DOCUMENT, document],
    [TYPES, types],
    [MIGRATIONS, knownMigrations],
  ] as const
  const same = await Promise.all(written.map(([path, text]) => isSame(path, text)))
  if (!same.every(Boolean)) {
    process.stderr.write(`${written.map(([path]) => path).join(' or ')} is out of date: run npm run openapi\n`)
    process.exitCode = 1
  }
} else {
  await writeFile(new URL(DOCUMENT, root), document)
  await writeFile(new URL(TYPES, root), await typesOf(DOCUMENT))
  await writeFile(new URL(MIGRATIONS, root), knownMigrations)
  process.stdout.write(`wrote ${DOCUMENT}, ${TYPES} and ${MIGRATIONS}\n`)
}

async function typesOf(documentPath: string): Promise<string> {
  const client = createRequire(new URL('client/package.json', root))
  const generator = join(dirname(client.resolve('openapi-typescript/package.json')), 'bin/cli.js')
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, [generator, documentPath], {
    cwd: root,
    maxBuffer: 16 * 1024 * 1024,
  })
  return stdout
}

async function isSame(path: string, text: string): Promise<boolean> {
  const standing = await readFile(new URL(path, root), 'utf8').catch(() => null)
  return standing === text
}
