import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { loadFlowSource, selectTask } from '@sluice/connector-specs'
import type { Launch } from '../launch.ts'
import { spec } from './operations.ts'

// A stand-in for Airbyte's runner: it prints how it was called, and what the manifest holds.
const RUNNER = `#!/usr/bin/env node
const [operation, option, path] = process.argv.slice(2)
const text = require('node:fs').readFileSync(path, 'utf8')
const connectionSpecification = { title: [operation, option, require('node:path').basename(path), text.trim()].join(' ') }
console.log(JSON.stringify({ type: 'SPEC', spec: { connectionSpecification } }))
`

test('a declarative manifest is run by source-declarative-manifest, which is found on PATH', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-manifest-'))
  try {
    const runner = join(directory, 'source-declarative-manifest')
    await writeFile(runner, RUNNER)
    await chmod(runner, 0o700)
    await writeFile(join(directory, 'manifest.yaml'), 'version: 6.0.0\n')
    const flow = join(directory, 'flow.yaml')
    await writeFile(
      flow,
      'captures: { a/b: { endpoint: { local: { protocol: airbyte, manifest: ./manifest.yaml } } } }',
    )
    const { command, cwd, manifest = '' } = await selectTask(await loadFlowSource(flow), { keys: null })
    const env = { PATH: [directory, process.env.PATH].join(delimiter) }
    const launch: Launch = { name: 'a/b', command, cwd, env, manifest, secrets: [] }
    const { config_schema } = await spec(launch)
    assert.equal(config_schema.title, 'spec --manifest-path manifest.yaml version: 6.0.0')
    await assert.rejects(
      spec({ ...launch, manifest: './none.yaml' }),
      /none\.yaml of the connector a\/b cannot be read/,
    )
  } finally {
    await rm(directory, { recursive: true })
  }
})
