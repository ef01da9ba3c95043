import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Lab, startLab } from '@sluice/lab'
import { parse } from 'yaml'
import { answer, type LabSource, startOauth, writeLabSource } from '../testing/lab-source.ts'
import { runSluice } from '../testing/run-sluice.ts'

const AIRBYTE = fileURLToPath(new URL('../../../lab/connectors/airbyte-source-lab/flow.yaml', import.meta.url))
const PROVIDERS = fileURLToPath(new URL('../../../connector-specs/providers/', import.meta.url))

let lab: Lab
let source: LabSource
before(async () => {
  lab = await startLab()
  source = await writeLabSource(lab.origin)
})
after(async () => {
  await source.remove()
  await lab.close()
})

test('the spec of a connector is imported beside its flow.yaml, and authorizes in its place', async () => {
  const args = ['specs', 'import', '--source', source.path, '--allow-loopback']
  const { code, stdout, stderr } = await runSluice(args)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^FIELD +OUTCOME +WHY\n\/provider +taken +as it is\n/)
  assert.match(stderr, /provider: \.\/\S+\.oauth\.yaml/)
  const file = (await readdir(source.directory)).find((name) => name.endsWith('.oauth.yaml')) ?? ''
  assert.equal((await runSluice(args)).code, 3, 'nothing is replaced unasked')
  assert.equal((await runSluice([...args, '--force', '--quiet'])).stdout, `${join(source.directory, file)}\n`)

  const flow = JSON.parse(await readFile(source.path, 'utf8'))
  flow.captures['acme/shop'].endpoint.local.provider = `./${file}`
  await writeFile(source.path, JSON.stringify(flow))
  const attempt = await startOauth(lab, source, ['--json'])
  assert.equal((await answer(attempt)).status, 200)
  const ended = await attempt.sluice.ended
  assert.equal(ended.code, 0, ended.stderr)
  assert.ok(JSON.parse(ended.stdout).redacted.access_token > 0)
})

test('specs of all dialects are imported from a directory, and nothing when one of them cannot be', async () => {
  const from = join(source.directory, 'vendor')
  const to = join(source.directory, 'imported')
  await mkdir(from)
  for (const name of ['quickbooks.yaml', 'quickbooks-sandbox.yaml']) {
    await writeFile(join(from, name), await readFile(join(PROVIDERS, name), 'utf8'))
  }
  const airbyte = await runSluice([
    'specs',
    'import',
    '--source',
    AIRBYTE,
    '--allow-loopback',
    '--output',
    from,
    '--json',
  ])
  assert.equal(airbyte.code, 0, airbyte.stderr)
  const told = JSON.parse(airbyte.stdout)
  assert.equal(told.dialect, 'airbyte')
  assert.ok(told.fields.some(({ outcome }: { outcome: string }) => outcome === 'dropped'))
  await writeFile(join(from, 'notes.json'), '{"nothing": true}')

  const args = ['specs', 'import', from, '--output', to, '--allow-loopback']
  const { code, stderr } = await runSluice(args)
  assert.equal(code, 0, stderr)
  assert.match(stderr, /notes\.json holds no OAuth spec/)
  assert.deepEqual((await readdir(to)).sort(), [
    'airbyte-source-lab.oauth.yaml',
    'quickbooks-sandbox.yaml',
    'quickbooks.yaml',
  ])
  const sandbox = parse(await readFile(join(to, 'quickbooks-sandbox.yaml'), 'utf8'))
  assert.equal(sandbox.alias_of, undefined)
  assert.ok(sandbox.token.url)

  await writeFile(
    join(from, 'broken.json'),
    JSON.stringify({ provider: 'x', authUrlTemplate: 'https://x.example/{{#a}}' }),
  )
  const broken = await runSluice([...args, '--force'])
  assert.equal(broken.code, 4)
  assert.match(broken.stderr, /accessTokenUrlTemplate/)
  const both = await runSluice(['specs', 'import', from, '--source', AIRBYTE])
  assert.equal(both.code, 2)
  assert.equal((await runSluice(['specs', 'import', join(from, 'none.yaml')])).code, 3)
})
