import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secret } from '@sluice/oauth'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import fc from 'fast-check'
import { findAgeIdentities, type KeyService, type KeySources } from './data-key.ts'
import { decryptDocument, type EncryptionChoice, encryptDocument } from './sops-document.ts'
import { SopsError } from './sops-error.ts'

const identity = await generateX25519Identity()
const recipient = await identityToRecipient(identity)
const sources: KeySources = { age_identities: secret([identity]) }
const strangers: KeySources = { age_identities: secret([await generateX25519Identity()]) }
const now = new Date('2026-01-02T03:04:05.678Z')

function choice(encrypted_suffix: string | null = '_sops'): EncryptionChoice {
  return { keys: { age: [{ recipient, enc: '' }], kms: [], gcp_kms: [] }, encrypted_suffix }
}

const encrypt = (text: string, suffix?: string | null) =>
  encryptDocument(text, 'yaml', choice(suffix), { sources, now })

async function refusal(work: Promise<unknown>): Promise<SopsError> {
  const error = await work.then(
    () => assert.fail('should have been refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof SopsError)
  return error
}

const PLAIN = `# whose account this is
name: shop
token_sops: t0ken
day_sops: 2024-01-02
list_sops: [1, 2.5, true, null, ""]
deep:
  # not for everyone
  key_sops: k3y
`

test('only keys with the suffix are encrypted, and all else, comments included, stays as it is written', async () => {
  const sealed = await encrypt(PLAIN)
  assert.match(sealed, /^# whose account this is\nname: shop\ntoken_sops: ENC\[AES256_GCM,data:/)
  assert.match(sealed, /lastmodified: "2026-01-02T03:04:05Z"/)
  for (const word of ['t0ken', '2024-01-02', 'k3y']) assert.ok(!sealed.includes(word))

  const { text, value, metadata } = await decryptDocument(sealed, 'yaml', sources)
  assert.match(text, /^# whose account/)
  assert.equal(metadata.encrypted_suffix, '_sops')
  assert.deepEqual(value, {
    name: 'shop',
    token_sops: 't0ken',
    day_sops: '2024-01-02',
    list_sops: [1, 2.5, true, null, ''],
    deep: { key_sops: 'k3y' },
  })
})

test('without a suffix every value and comment is encrypted', async () => {
  const sealed = await encrypt('# hello\na: {b: [secret-1, 2]}\n', null)
  assert.doesNotMatch(sealed, /hello|secret-1/)
  assert.equal((await decryptDocument(sealed, 'yaml', sources)).text, '# hello\na: { b: [ secret-1, 2 ] }\n')
})

test('any document of JSON values comes back as it was, from YAML and from JSON files', async () => {
  const key = fc
    .stringMatching(/^[a-z][a-z0-9_]{0,8}$/)
    .filter((name) => name !== 'sops' && !name.endsWith('_unencrypted'))
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
  )
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3 }),
    ),
  }))
  const format = fc.constantFrom('yaml' as const, 'json' as const)
  const property = fc.asyncProperty(
    fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true }),
    format,
    async (given, as) => {
      const text = JSON.stringify(given)
      const sealed = await encryptDocument(text, as, choice(null), { sources, now })
      assert.equal(JSON.stringify((await decryptDocument(sealed, as, sources)).value), text)
    },
  )
  await fc.assert(property, { numRuns: 60 })
})

test('a value changed, moved, added or taken away by hand is refused, and so is a changed time', async () => {
  const sealed = await encrypt(PLAIN)
  const token = /token_sops: (.*)/.exec(sealed)?.[1] ?? ''
  const changes: [string, string][] = [
    ['name: shop', 'name: stall'],
    ['key_sops: ENC', `other_sops: ${token}\n  key_sops: ENC`],
    [`token_sops: ${token}\n`, ''],
    [token, token.replace(/data:./, (found) => (found === 'data:A' ? 'data:B' : 'data:A'))],
    [token, 'in the clear'],
    ['"2026-01-02T03:04:05Z"', '"2026-01-02T03:04:06Z"'],
  ]
  for (const [from, to] of changes) {
    assert.ok(sealed.includes(from))
    const error = await refusal(
      decryptDocument(
        sealed.replace(from, () => to),
        'yaml',
        sources,
      ),
    )
    assert.equal(error.code, 'sops_tampered')
    assert.doesNotMatch(error.message, /t0ken|k3y|in the clear/)
  }
})

test('a file for someone else names who could open it', async () => {
  const error = await refusal(decryptDocument(await encrypt(PLAIN), 'yaml', strangers))
  assert.equal(error.code, 'sops_no_key')
  assert.match(error.message, new RegExp(`encrypted for ${recipient}.*SOPS_AGE_KEY_FILE`))
})

test('what sops files may hold and this reader does not is named, not guessed', async () => {
  const sealed = await encrypt(PLAIN)
  const with_regex = sealed.replace('encrypted_suffix: _sops', 'encrypted_comment_regex: secret')
  assert.match((await refusal(decryptDocument(with_regex, 'yaml', sources))).message, /encrypted_comment_regex/)
  assert.match((await refusal(encrypt('a: &x 1\nb: *x\n'))).message, /b is a YAML alias/)
  assert.match((await refusal(encrypt('mode: 0755\n'))).message, /mode is a number that YAML readers disagree/)
  assert.match((await refusal(encrypt(sealed))).message, /encrypted already/)
  assert.match((await refusal(encrypt('- 1\n'))).message, /must be an object/)
})

test('a document is encrypted again for the same recipients under a new key, by its own rules', async () => {
  const opened = await decryptDocument(await encrypt(PLAIN), 'yaml', sources)
  const again = await encryptDocument(opened.text.replace('t0ken', 'n3w'), 'yaml', opened, { sources, now })
  const { value } = await decryptDocument(again, 'yaml', sources)
  assert.equal(value.token_sops, 'n3w')
  assert.match(again, /name: shop/)
})

test('a key service wraps and unwraps the data key with the context that the file names', async () => {
  const asked: unknown[] = []
  const flip = (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte ^ 0xff))
  const kms: KeyService = {
    async wrap(key, dataKey, context) {
      asked.push(['wrap', key, context])
      return flip(dataKey)
    },
    async unwrap(key, wrapped, context) {
      asked.push(['unwrap', key, context])
      return flip(wrapped)
    },
  }
  const arn = 'arn:aws:kms:eu-west-1:111122223333:key/test'
  const keys = { age: [], kms: [{ arn, enc: '', context: { team: 'data' } }], gcp_kms: [] }
  const both = { ...strangers, kms }
  const sealed = await encryptDocument(PLAIN, 'yaml', { keys, encrypted_suffix: '_sops' }, { sources: both, now })
  assert.equal((await decryptDocument(sealed, 'yaml', both)).value.token_sops, 't0ken')
  assert.deepEqual(asked, [
    ['wrap', arn, { team: 'data' }],
    ['unwrap', arn, { team: 'data' }],
  ])
  assert.match((await refusal(decryptDocument(sealed, 'yaml', strangers))).message, /encrypted for arn:aws:kms/)
})

test('age identities are found where sops looks for them', async () => {
  const found = await findAgeIdentities({ SOPS_AGE_KEY: `# mine\n${identity}\n`, HOME: '/nonexistent' })
  assert.deepEqual(found.reveal(), [identity])
})
