import assert from 'node:assert/strict'
import { chmod, readFile, stat } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Lab, startLab } from '@sluice/lab'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { answer, CLIENT, type LabSource, startOauth, writeLabSource } from '../testing/lab-source.ts'
import { runSluice } from '../testing/run-sluice.ts'

const CONNECTOR = fileURLToPath(
  new URL('../../../lab/connectors/airbyte-source-lab/airbyte-source-lab.ts', import.meta.url),
)
const identity = await generateX25519Identity()
const recipient = await identityToRecipient(identity)
const env = { SOPS_AGE_KEY: identity }

let lab: Lab
let source: LabSource
before(async () => {
  lab = await startLab({ rotation: 'always' })
  source = await writeLabSource(lab.origin)
})
after(async () => {
  await source.remove()
  await lab.close()
})

/** Fresh tokens whose expiry is over, so that the connector exchanges them at once. */
async function spentTokens(): Promise<Record<string, string>> {
  const attempt = await startOauth(lab, source, ['--show-secrets', '--json'])
  await answer(attempt)
  const { access_token, refresh_token } = JSON.parse((await attempt.sluice.ended).stdout).credentials
  return { ...CLIENT, access_token, refresh_token, token_expiry_date: '2020-01-01T00:00:00Z' }
}

async function flowWith(config: object | string): Promise<string> {
  const local = { protocol: 'airbyte', command: [process.execPath, CONNECTOR], env: { LAB_ORIGIN: lab.origin }, config }
  return await source.write('airbyte.yaml', JSON.stringify({ captures: { 'acme/x': { endpoint: { local } } } }))
}

const check = (path: string, ...args: string[]) => runSluice(['raw', 'check', '--source', path, ...args], { env })

test('what a connector rotates is written back to its config file, comments and mode kept', async () => {
  const tokens = await spentTokens()
  const config = await source.write(
    'config.yaml',
    `# ours\ncredentials:\n${Object.entries(tokens)
      .map(([name, value]) => `  ${name}: ${JSON.stringify(value)} # ${name}\n`)
      .join('')}`,
  )
  await chmod(config, 0o600)
  const path = await flowWith('config.yaml')
  const first = await check(path)
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stderr, /^rotated .* in \S+config\.yaml\.$/m)
  const kept = await readFile(config, 'utf8')
  assert.ok(!kept.includes(tokens.refresh_token ?? ''))
  assert.match(kept, /^# ours\n.* # refresh_token$/ms)
  assert.equal((await stat(config)).mode & 0o777, 0o600)
  // With the spent refresh token of before, the lab would refuse.
  assert.equal((await check(path)).code, 0)
})

test('an encrypted config stays encrypted, for the same recipients', async () => {
  const config = await source.write('sealed.yaml', JSON.stringify({ credentials: await spentTokens() }))
  const path = await flowWith('sealed.yaml')
  const sealing = ['config', 'encrypt', config, '--age', recipient, '--source', path, '--in-place']
  assert.equal((await runSluice(sealing)).code, 0)
  const before = await readFile(config, 'utf8')
  const { code, stderr } = await check(path)
  assert.equal(code, 0, stderr)
  const after = await readFile(config, 'utf8')
  assert.notEqual(after, before)
  assert.match(after, /refresh_token_sops"?: "?ENC\[/)
  const opened = await runSluice(['config', 'decrypt', config], { env })
  assert.equal(opened.code, 0)
  assert.doesNotMatch(opened.stdout, /2020-01-01/)
})

test('what comes by --credentials is written back there', async () => {
  const path = await flowWith({})
  const file = await source.write('creds.json', JSON.stringify({ credentials: await spentTokens(), expires_at: null }))
  const { code, stderr } = await check(path, '--credentials', file)
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^rotated .* in \S+creds\.json\.$/m)
  assert.equal((await check(path, '--credentials', file)).code, 0)
})

test('what cannot be written back is said to be lost', async () => {
  const credentials = await spentTokens()
  const inline = await check(await flowWith({ credentials }))
  assert.equal(inline.code, 0)
  assert.match(inline.stderr, /^warning: .* were not kept: the config stands in the flow\.yaml/m)
  const piped = JSON.stringify({ credentials: await spentTokens() })
  const args = ['raw', 'check', '--source', await flowWith({}), '--credentials', '-']
  const { stderr } = await runSluice(args, { stdin: piped })
  assert.match(stderr, /were not kept: they came by a pipe/)
})
