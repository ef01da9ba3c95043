import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { AWS_ENVIRONMENT, AWS_KEY_ARN, startAwsKms } from '../../testing/key-stores/aws-kms.ts'
import { GCP_KEY_NAME, startGcp } from '../../testing/key-stores/gcp-kms.ts'
import type { StandIn } from '../../testing/key-stores/stand-in.ts'
import { startVaultTransit, VAULT_TOKEN } from '../../testing/key-stores/vault-transit.ts'
import { temporaryDirectory } from '../../testing/temporary-directory.ts'
import { type KeySettings, openKeyEncryptionKeys } from '../open-key-encryption-keys.ts'

interface Opened {
  standIn: StandIn
  settings: KeySettings
}

const base = (t: TestContext): KeySettings => ({
  key_encryption_key: null,
  other_key_encryption_keys: [],
  own_file: join(temporaryDirectory(t), 'key.json'),
  needed_key_ids: [],
  env: {},
})

async function inVault(t: TestContext): Promise<Opened> {
  const standIn = await startVaultTransit(t)
  const file = join(temporaryDirectory(t), 'token')
  writeFileSync(file, `${VAULT_TOKEN}\n`)
  const key_encryption_key = `vault-transit:${standIn.origin}/team/transit/sluice`
  return { standIn, settings: { ...base(t), key_encryption_key, env: { VAULT_TOKEN_FILE: file } } }
}

const stores: Record<string, (t: TestContext) => Promise<Opened>> = {
  async 'AWS KMS'(t) {
    const standIn = await startAwsKms(t)
    // The SDK reads the environment itself.
    Object.assign(process.env, AWS_ENVIRONMENT)
    return {
      standIn,
      settings: { ...base(t), key_encryption_key: `aws-kms:${AWS_KEY_ARN}?endpoint=${standIn.origin}` },
    }
  },
  async 'Google Cloud KMS by a service account'(t) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const client_email = 'sluice@p.iam.gserviceaccount.com'
    const standIn = await startGcp(t, publicKey.export({ type: 'spki', format: 'pem' }).toString(), client_email)
    const file = join(temporaryDirectory(t), 'account.json')
    const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const token_uri = `${standIn.origin}/token`
    const account = { type: 'service_account', client_email, private_key, private_key_id: 'k1', token_uri }
    writeFileSync(file, JSON.stringify(account))
    const key_encryption_key = `gcp-kms:${GCP_KEY_NAME}?endpoint=${standIn.origin}`
    return { standIn, settings: { ...base(t), key_encryption_key, env: { GOOGLE_APPLICATION_CREDENTIALS: file } } }
  },
  async 'Google Cloud KMS on a machine of theirs'(t) {
    const standIn = await startGcp(t, '', '')
    const key_encryption_key = `gcp-kms:${GCP_KEY_NAME}?endpoint=${standIn.origin}`
    return {
      standIn,
      settings: { ...base(t), key_encryption_key, env: { GCE_METADATA_HOST: new URL(standIn.origin).host } },
    }
  },
  'Vault transit': inVault,
}

for (const [name, open] of Object.entries(stores)) {
  test(`${name} unwraps what it wrapped, for that tenant alone`, async (t) => {
    const { settings } = await open(t)
    const key = (await openKeyEncryptionKeys(settings)).current()
    const dataKey = randomBytes(32)
    const wrapped = await key.wrap(dataKey, 'tenant-a')
    assert.ok(!wrapped.includes(dataKey.toString('base64')))
    assert.deepEqual(await key.unwrap(wrapped, 'tenant-a'), dataKey)
    await assert.rejects(key.unwrap(wrapped, 'tenant-b'), { code: 'data_key_damaged' })
    const generated = await key.generate?.('tenant-a')
    if (generated !== undefined) assert.deepEqual(await key.unwrap(generated.wrapped, 'tenant-a'), generated.key)
    // The id is the same in every process, and names where the key lies.
    assert.equal((await openKeyEncryptionKeys({ ...settings, needed_key_ids: [key.id] })).current().id, key.id)
  })

  test(`${name} is asked again when it stumbles, and an outage is told as one`, async (t) => {
    const { standIn, settings } = await open(t)
    const key = (await openKeyEncryptionKeys(settings)).current()
    standIn.fail(500, 0)
    const wrapped = await key.wrap(randomBytes(32), 'tenant')
    standIn.fail(503, 503, 503)
    await assert.rejects(key.unwrap(wrapped, 'tenant'), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'key_store_unavailable')
      assert.ok(!error.message.includes(wrapped))
      return true
    })
    standIn.fail(403)
    await assert.rejects(key.unwrap(wrapped, 'tenant'), { code: 'key_store_refused' })
  })
}

test('a key store that does not do what is asked keeps the server from starting', async (t) => {
  const { standIn, settings } = await inVault(t)
  const open = (changes: Partial<KeySettings>) => openKeyEncryptionKeys({ ...settings, ...changes })
  await assert.rejects(open({ env: { VAULT_TOKEN: 'wrong' } }), { code: 'key_store_refused' })
  await assert.rejects(open({ env: {} }), /VAULT_TOKEN/)
  const other = settings.key_encryption_key?.replace('sluice', 'other') ?? ''
  await assert.rejects(open({ key_encryption_key: other }), { code: 'key_store_refused' })
  for (const uri of ['aws-kms:not-an-arn', 'gcp-kms:projects/p', 'vault-transit:vault', 'magic:wand']) {
    await assert.rejects(open({ key_encryption_key: uri }), { code: 'key_store_misnamed' })
  }
  assert.ok(standIn.requests.every(({ body }) => !body.includes(VAULT_TOKEN)))
})

test('what the data needs may lie in another store; without it the server says which key it lacks', async (t) => {
  const { settings } = await inVault(t)
  const file = settings.own_file
  const inFile = { ...settings, key_encryption_key: null }
  const { id } = (await openKeyEncryptionKeys(inFile)).current()
  const moving = { ...settings, needed_key_ids: [id] }
  await assert.rejects(openKeyEncryptionKeys(moving), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'master_key_foreign')
    assert.ok(error.message.includes(id))
    return true
  })
  const keys = await openKeyEncryptionKeys({ ...moving, other_key_encryption_keys: [`file:${file}`] })
  assert.match(keys.current().id, /^vault-transit:/)
  assert.equal((await keys.find(id)).id, id)
  rmSync(file)
  const gone = openKeyEncryptionKeys({ ...moving, other_key_encryption_keys: [`file:${file}`] })
  await assert.rejects(gone, { code: 'master_key_missing' })
})
