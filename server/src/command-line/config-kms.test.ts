// Configs that the command encrypts by the key services which the server's own keys may lie in.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { AWS_ENVIRONMENT, AWS_KEY_ARN, startAwsKms } from '../testing/key-stores/aws-kms.ts'
import { GCP_KEY_NAME, startGcp } from '../testing/key-stores/gcp-kms.ts'
import { runSluice } from '../testing/run-sluice.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'

test('a config is encrypted by AWS KMS and Google Cloud KMS, and either of them opens it', async (t) => {
  const directory = temporaryDirectory(t)
  const aws = await startAwsKms(t)
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const client_email = 'sluice@p.iam.gserviceaccount.com'
  const gcp = await startGcp(t, publicKey.export({ type: 'spki', format: 'pem' }).toString(), client_email)
  const account = join(directory, 'account.json')
  const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const token_uri = `${gcp.origin}/token`
  await writeFile(
    account,
    JSON.stringify({ type: 'service_account', client_email, private_key, private_key_id: 'k1', token_uri }),
  )
  const byAws = { ...AWS_ENVIRONMENT, AWS_ENDPOINT_URL_KMS: aws.origin }
  const byGcp = { GOOGLE_APPLICATION_CREDENTIALS: account, CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS: gcp.origin }
  const clear = 'region: europe\ntoken_sops: hunter2-secret\n'
  const config = join(directory, 'config.yaml')
  await writeFile(config, clear)
  const recipients = ['--kms', AWS_KEY_ARN, '--gcp-kms', GCP_KEY_NAME]
  const as_json = await runSluice(['config', 'encrypt', config, ...recipients, '--json'], { ...byAws, ...byGcp })
  const sealing = await runSluice(['config', 'encrypt', config, ...recipients, '--in-place'], { ...byAws, ...byGcp })
  assert.equal(sealing.code, 0, sealing.stderr)
  assert.match(sealing.stderr, /is encrypted for arn:aws:kms:\S+, projects\/p\//)
  const sealed = await readFile(config, 'utf8')
  assert.match(sealed, /token_sops: ENC\[.*created_at: /s)
  assert.ok(!sealed.includes('hunter2'))
  // Exactly the fields that sops writes (its stores.Metadata); it has no defaults for them when it reads.
  const { sops } = JSON.parse(as_json.stdout)
  assert.deepEqual(Object.keys(sops.kms[0]).sort(), ['arn', 'aws_profile', 'created_at', 'enc'])
  assert.deepEqual(Object.keys(sops.gcp_kms[0]).sort(), ['created_at', 'enc', 'resource_id'])
  for (const { created_at } of [sops.kms[0], sops.gcp_kms[0]]) assert.match(created_at, /^\d{4}-\d\d-\d\dT[\d:]{8}Z$/)
  for (const env of [byAws, byGcp]) {
    const opened = await runSluice(['config', 'decrypt', config], env)
    assert.deepEqual([opened.code, opened.stdout], [0, clear], opened.stderr)
  }
  aws.fail(403)
  const refused = await runSluice(['config', 'decrypt', config], { ...byAws, GCE_METADATA_HOST: '127.0.0.1:9' })
  assert.equal(refused.code, 3)
  assert.match(refused.stderr, /No key here opens this file.*AWS KMS refuses/s)
})
