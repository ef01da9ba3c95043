import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, readFile, stat } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { type Lab, startLab } from '@sluice/lab'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { type LabSource, writeLabSource } from '../testing/lab-source.ts'
import { runSluice } from '../testing/run-sluice.ts'

const identity = await generateX25519Identity()
const recipient = await identityToRecipient(identity)
const env = { SOPS_AGE_KEY: identity }

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

const CONFIG = 'region: europe # where\ncredentials:\n  auth_type: oauth\n  client_secret: hunter2-secret\n'

test('with --source the fields that the connector calls secret are encrypted, in place', async () => {
  const path = await source.write('a.yaml', CONFIG)
  await chmod(path, 0o600)
  const args = ['config', 'encrypt', path, '--age', recipient, '--source', source.path, '--in-place']
  const { code, stdout, stderr } = await runSluice(args)
  assert.deepEqual([code, stdout], [0, ''])
  assert.match(stderr, new RegExp(`is encrypted for ${recipient}`))
  const sealed = await readFile(path, 'utf8')
  assert.match(sealed, /^region: europe # where\n.*auth_type: oauth\n {2}client_secret_sops: ENC\[/s)
  assert.ok(!sealed.includes('hunter2'))
  assert.equal((await stat(path)).mode & 0o777, 0o600)

  const opened = await runSluice(['config', 'decrypt', path], { env })
  assert.equal(opened.stdout, CONFIG.replace('client_secret:', 'client_secret_sops:'))
})

test('--json prints any config as JSON, encrypted or in clear, and --quiet tells nothing', async () => {
  const path = await source.write('json.yaml', 'region: europe\ntoken_sops: hunter2-secret\nretries_sops: 3\n')
  const sealed = await runSluice(['config', 'encrypt', path, '--age', recipient, '--json'])
  const { region, token_sops, sops } = JSON.parse(sealed.stdout)
  assert.deepEqual([region, token_sops.startsWith('ENC['), sops.encrypted_suffix], ['europe', true, '_sops'])
  const copy = await source.write('copy.json', sealed.stdout)
  const opened = await runSluice(['config', 'decrypt', copy, '--json'], { env })
  assert.deepEqual(JSON.parse(opened.stdout), { region: 'europe', token_sops: 'hunter2-secret', retries_sops: 3 })
  const quiet = await runSluice(['config', 'encrypt', path, '--age', recipient, '--in-place', '--quiet'])
  assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [0, '', ''])
  const edit = ['config', 'edit', path, '--json', '--quiet']
  const edited = await runSluice(edit, { env: { ...env, EDITOR: 'sed -i s/europe/asia/' } })
  assert.deepEqual([JSON.parse(edited.stdout), edited.stderr], [{ file: path, changed: true }, ''])
})

const withoutAge = spawnSync('age', ['--version']).status === 0 ? false : 'there is no age here'

test('the age tool itself opens the data key, for each of the recipients', { skip: withoutAge }, async () => {
  const other = await generateX25519Identity()
  const path = await source.write('age.yaml', 'region: europe\ntoken_sops: hunter2-secret\n')
  const recipients = ['--age', recipient, '--age', await identityToRecipient(other)]
  const { stdout } = await runSluice(['config', 'encrypt', path, ...recipients, '--json'])
  const { age } = JSON.parse(stdout).sops
  const keys = await Promise.all(
    [identity, other].map(async (one, index) => {
      const file = await source.write(`identity-${index}`, one)
      return spawnSync('age', ['--decrypt', '--identity', file], { input: age[index].enc }).stdout.toString('hex')
    }),
  )
  assert.match(keys[0] ?? '', /^[0-9a-f]{64}$/)
  assert.equal(keys[0], keys[1])
})

test('a raw command takes an encrypted config as it is, the suffix off', async () => {
  const path = await source.write('b.yaml', 'region_sops: atlantis\n')
  await runSluice(['config', 'encrypt', path, '--age', recipient, '--in-place'])
  const args = ['raw', 'validate', '--source', source.path, '--config', path]
  const opened = await runSluice(args, { env })
  assert.equal(opened.code, 3)
  assert.match(opened.stderr, /breaks the connector’s schema: .*\/region /)
  const without_key = await runSluice(args)
  assert.equal(without_key.code, 3)
  assert.match(without_key.stderr, new RegExp(`No key here opens this file. It is encrypted for ${recipient}`))
})

test('without a recipient, or with nothing to encrypt, the person is told what to do', async () => {
  const path = await source.write('c.yaml', 'region: europe\n')
  const nobody = await runSluice(['config', 'encrypt', path])
  assert.equal(nobody.code, 2)
  assert.match(nobody.stderr, /Add --age age1…/)
  const nothing = await runSluice(['config', 'encrypt', path, '--age', recipient])
  assert.match(nothing.stderr, /nothing was encrypted: no key ends with _sops/)
  const wrong = await runSluice(['config', 'encrypt', path, '--age', 'age1nonsense'])
  assert.deepEqual([wrong.code, wrong.stdout], [3, ''])
  assert.match(wrong.stderr, /age1nonsense is not an age recipient/)
})

test('an editor’s changes are encrypted for the same recipients, and its file is gone afterwards', async () => {
  const path = await source.write('d.yaml', 'region: europe\ntoken_sops: before-secret\n')
  await runSluice(['config', 'encrypt', path, '--age', recipient, '--in-place'])
  const seen = `${source.directory}/seen`
  const editor = await source.write(
    'editor.sh',
    `#!/bin/sh\necho "$1" > ${seen}\nstat -c %a "$1" "$(dirname "$1")" >> ${seen}\nsed -i s/before/after/ "$1"\n`,
  )
  await chmod(editor, 0o700)
  const { code, stderr } = await runSluice(['config', 'edit', path], { env: { ...env, EDITOR: editor } })
  assert.equal(code, 0, stderr)
  const { stdout } = await runSluice(['config', 'decrypt', path], { env })
  assert.equal(stdout, 'region: europe\ntoken_sops: after-secret\n')
  const [clear = '', ...modes] = (await readFile(seen, 'utf8')).trim().split('\n')
  assert.deepEqual(modes, ['600', '700'])
  await assert.rejects(stat(clear))

  const unchanged = await runSluice(['config', 'edit', path], { env: { ...env, EDITOR: 'true' } })
  assert.match(unchanged.stderr, /Nothing was changed/)
  const failed = await runSluice(['config', 'edit', path], { env: { ...env, EDITOR: 'false' } })
  assert.equal(failed.code, 3)
  assert.match(failed.stderr, /The editor \(false\) ended with 1; the file is as it was/)
})

test('a broken edit leaves the file as it was', async () => {
  const path = await source.write('e.yaml', 'token_sops: t\n')
  await runSluice(['config', 'encrypt', path, '--age', recipient, '--in-place'])
  const before = await readFile(path, 'utf8')
  const editor = await source.write('break.sh', '#!/bin/sh\necho "a: [" > "$1"\n')
  await chmod(editor, 0o700)
  const { code, stderr } = await runSluice(['config', 'edit', path], { env: { ...env, EDITOR: editor } })
  assert.equal(code, 3)
  assert.match(stderr, /Not valid YAML or JSON/)
  assert.equal(await readFile(path, 'utf8'), before)
})
