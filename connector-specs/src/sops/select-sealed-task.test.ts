import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { secret } from '@sluice/oauth'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { loadFlowSource } from '../flow-source.ts'
import { selectTask } from '../select-task.ts'
import { applyOverlay } from './apply-overlay.ts'
import { encryptDocument } from './sops-document.ts'

const identity = await generateX25519Identity()
const keys = { age_identities: secret([identity]) }
const recipient = await identityToRecipient(identity)

let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sealed-task-'))
})
after(() => rm(directory, { recursive: true }))

async function taskWith(config: string, format: 'yaml' | 'json') {
  await writeFile(join(directory, `config.${format}`), config)
  const flow = join(directory, 'flow.yaml')
  await writeFile(flow, `captures: {a/b: {endpoint: {local: {command: [x], config: config.${format}}}}}`)
  return await selectTask(await loadFlowSource(flow), { keys })
}

const seal = (text: string, format: 'yaml' | 'json') =>
  encryptDocument(
    text,
    format,
    { keys: { age: [{ recipient, enc: '' }], kms: [], gcp_kms: [] }, encrypted_suffix: '_sops' },
    { sources: keys, now: new Date() },
  )

test('an encrypted config is decrypted, its suffix taken off at any depth', async () => {
  for (const format of ['yaml', 'json'] as const) {
    const plain = JSON.stringify({ user: 'u', deep: { token_sops: 't', list: [{ key_sops: 'k' }] } })
    const { config } = await taskWith(await seal(plain, format), format)
    assert.deepEqual(config, { user: 'u', deep: { token: 't', list: [{ key: 'k' }] } })
  }
})

test('a key that stands there with the suffix and without is refused', async () => {
  const sealed = await seal('{"a": {"key": "1", "key_sops": "2"}}', 'yaml')
  await assert.rejects(taskWith(sealed, 'yaml'), /a\.key stands there with _sops and without/)
})

test('a whole document encrypted without a suffix keeps its keys', async () => {
  const choice = { keys: { age: [{ recipient, enc: '' }], kms: [], gcp_kms: [] }, encrypted_suffix: null }
  const sealed = await encryptDocument('{"a_sops": 1}', 'json', choice, { sources: keys, now: new Date() })
  assert.deepEqual((await taskWith(sealed, 'json')).config, { a_sops: 1 })
})

test('the overlay reaches what the schema marks nonsensitive, and nothing else', async () => {
  const sealed = JSON.parse(await seal('{"user": "u", "token_sops": "t"}', 'json'))
  sealed.sops.overlay = { user: 'v' }
  const { config, config_overlay } = await taskWith(JSON.stringify(sealed), 'json')
  assert.deepEqual([config, config_overlay], [{ user: 'u', token: 't' }, { user: 'v' }])

  const schema = { properties: { user: { type: 'string', nonsensitive: true }, token: { type: 'string' } } }
  assert.deepEqual(applyOverlay(schema, config, { user: 'v' }), { user: 'v', token: 't' })
  assert.throws(() => applyOverlay(schema, config, { token: 'x' }), /overlay changes token/)
  assert.throws(() => applyOverlay(schema, config, { token: null }), /overlay changes token/)
})
