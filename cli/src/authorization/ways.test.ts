// The ways of `raw oauth` besides the listener alone: paste-back, device code, and where the credentials go.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { consent, enterUserCode, type Lab, startLab, startOAuth1Lab } from '@sluice/lab'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { CLIENT, type LabSource, startOauth, writeLabSource } from '../testing/lab-source.ts'
import { runSluice, startSluice } from '../testing/run-sluice.ts'
import { startOnTerminal, without_tmux } from '../testing/tmux.ts'

const identity = await generateX25519Identity()
const recipient = await identityToRecipient(identity)

let lab: Lab
let source: LabSource
/** Free a moment ago; the redirect URI must be registered before it is used. */
let port: string
let redirect_uri: string
before(async () => {
  lab = await startLab({ standards: ['device_code'] })
  source = await writeLabSource(lab.origin)
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  port = String((free.address() as AddressInfo).port)
  free.close()
  redirect_uri = `http://localhost:${port}/`
  lab.addClient({ ...CLIENT, redirect_uris: [redirect_uri] })
})
after(async () => {
  await source.remove()
  await lab.close()
})

/** A flow.yaml whose config is a file of its own. */
async function flowWithFile(name: string, config: string): Promise<{ flow: string; config: string }> {
  const flow = JSON.parse(await readFile(source.path, 'utf8'))
  flow.captures['acme/shop'].endpoint.local.config = name
  return {
    flow: await source.write(`${name}.flow.yaml`, JSON.stringify(flow)),
    config: await source.write(name, config),
  }
}

test('with --paste nothing listens, and the redirected address is read from stdin', async () => {
  const args = ['raw', 'oauth', '--source', source.path, '--port', port, '--paste', '--json']
  const sluice = startSluice(args, { stdin: null })
  const [, url = ''] = await sluice.says(/^ {2}(http\S+)$/m)
  await sluice.says(/nothing listens there/)
  await assert.rejects(fetch(redirect_uri))
  const redirect = await consent(url, { decision: 'allow' })
  const wrong = new URL(redirect)
  wrong.searchParams.set('state', 'of-another-try')
  sluice.child.stdin.write(`${wrong}\n`)
  await sluice.says(/belongs to another try/)
  sluice.child.stdin.write('https://elsewhere.example/?code=1\n')
  await sluice.says(/not the redirected address/)
  sluice.child.stdin.write(`${redirect}\n`)
  const { code, stdout, stderr } = await sluice.ended
  assert.equal(code, 0, stderr)
  assert.equal(JSON.parse(stdout).task, 'acme/shop')
  assert.ok(!stderr.includes(redirect.searchParams.get('code') ?? 'none'))
})

test('when stdin ends without the address, it ends with 2', async () => {
  const args = ['raw', 'oauth', '--source', source.path, '--port', port, '--paste']
  const { code, stderr } = await runSluice(args, { stdin: 'nonsense\n' })
  assert.equal(code, 2)
  assert.match(stderr, /^error: No redirected address came by stdin\.$/m)
})

test('on a terminal the address may be pasted while the listener waits too', { skip: without_tmux }, async () => {
  const args = ['raw', 'oauth', '--source', source.path, '--port', port, '--no-open']
  const pasted = await startOnTerminal(args)
  try {
    const [, url = ''] = await pasted.shows(/^ {2}(http\S+)$/m)
    await pasted.shows(/paste the address/)
    await pasted.type((await consent(url, { decision: 'allow' })).href)
    await pasted.press('Enter')
    await pasted.shows(/refresh_token: "\*{8}"/)
    assert.equal(await pasted.ended(), 0)
  } finally {
    await pasted.close()
  }

  const answered = await startOnTerminal(args)
  try {
    const [, url = ''] = await answered.shows(/^ {2}(http\S+)$/m)
    await answered.shows(/paste the address/)
    assert.equal((await fetch(await consent(url, { decision: 'allow' }))).status, 200)
    await answered.shows(/refresh_token: "\*{8}"/)
    assert.equal(await answered.ended(), 0)
  } finally {
    await answered.close()
  }
})

test('Ctrl-C at the prompt ends with 130', { skip: without_tmux }, async () => {
  const waiting = await startOnTerminal(['raw', 'oauth', '--source', source.path, '--port', port, '--no-open'])
  try {
    await waiting.shows(/paste the address/)
    await waiting.press('C-c')
    assert.equal(await waiting.ended(), 130)
  } finally {
    await waiting.close()
  }
})

test('--device shows a code, and waits until it was entered elsewhere', async () => {
  const grant_types = ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token']
  const client = { ...CLIENT, client_id: 'a-television', redirect_uris: [] }
  lab.addClient({ ...client, metadata: { grant_types, response_types: [] } })
  const flow = JSON.parse(await readFile(source.path, 'utf8'))
  flow.captures['acme/shop'].endpoint.local.oauthClient = './television.json'
  const { client_id, client_secret } = client
  await source.write('television.json', JSON.stringify({ client_id, client_secret, scopes: ['customers:read'] }))
  const path = await source.write('television.yaml', JSON.stringify(flow))
  const sluice = startSluice(['raw', 'oauth', '--source', path, '--device', '--issuer', lab.origin, '--json'])
  const [, uri = ''] = await sluice.says(/^ {2}(http\S+)$/m)
  const [, userCode = ''] = await sluice.says(/enter the code {2}(\S+)/)
  await enterUserCode(uri, userCode, { decision: 'allow' })
  const { code, stdout, stderr } = await sluice.ended
  assert.equal(code, 0, stderr)
  assert.ok(JSON.parse(stdout).redacted.access_token > 0)
})

test('--device says so where the provider does not offer it', async () => {
  const { code, stderr } = await runSluice(['raw', 'oauth', '--source', source.path, '--device'])
  assert.equal(code, 6)
  assert.match(stderr, /^error: .*device/m)
})

test('a provider of OAuth 1.0a authorizes by its declaration', async (t) => {
  const oauth1 = await startOAuth1Lab()
  t.after(() => oauth1.close())
  const { origin } = oauth1
  await source.write(
    'oauth1.yaml',
    JSON.stringify({
      provider: 'oauth1',
      title: 'Lab of OAuth 1.0a',
      documentation_url: 'https://www.rfc-editor.org/rfc/rfc5849',
      oauth1: {
        temporary_credentials_url: `${origin}/oauth1/initiate`,
        authorization_url: `${origin}/oauth1/authorize`,
        token_credentials_url: `${origin}/oauth1/token`,
      },
    }),
  )
  const flow = JSON.parse(await readFile(source.path, 'utf8'))
  Object.assign(flow.captures['acme/shop'].endpoint.local, { provider: './oauth1.yaml', oauthClient: './oauth1.json' })
  const { client_id, client_secret } = oauth1.addClient({ callback: redirect_uri })
  await source.write('oauth1.json', JSON.stringify({ client_id, client_secret }))
  const path = await source.write('oauth1.flow.yaml', JSON.stringify(flow))
  const sluice = startSluice(['raw', 'oauth', '--source', path, '--port', port, '--json'])
  const [, url = ''] = await sluice.says(/^ {2}(http\S+)$/m)
  assert.equal((await fetch(await consent(url, { decision: 'allow' }))).status, 200)
  const { code, stdout, stderr } = await sluice.ended
  assert.equal(code, 0, stderr)
  assert.ok(JSON.parse(stdout).redacted.oauth_token_secret > 0)
})

test('--write puts the credentials into the config file, encrypted for the recipients, and a capture takes it', async () => {
  const { flow, config } = await flowWithFile('fresh.yaml', '# of ours\nregion: europe\n')
  const attempt = await startOauth(lab, { ...source, path: flow }, ['--write', '--age', recipient])
  await fetch(await consent(attempt.authorization_url, { decision: 'allow' }))
  const { code, stdout, stderr } = await attempt.sluice.ended
  assert.equal(code, 0, stderr)
  assert.match(stderr, /Written to \S+fresh\.yaml, encrypted for age1/)
  assert.match(stdout, /refresh_token: "\*{8}"/)
  const sealed = await readFile(config, 'utf8')
  assert.match(sealed, /^# of ours\nregion: europe\n.*client_secret_sops: ENC\[.*refresh_token_sops: ENC\[/s)
  assert.ok(!sealed.includes(CLIENT.client_secret))
  const env = { SOPS_AGE_KEY: identity }
  const capture = ['raw', 'capture', '--source', flow, '--max-documents', '1']
  assert.equal((await runSluice(capture, { env })).code, 0)

  // Again, into the encrypted file: without a key it is not even begun.
  const again = await runSluice(['raw', 'oauth', '--source', flow, '--write', '--port', '0'])
  assert.equal(again.code, 3)
  const second = await startOauth(lab, { ...source, path: flow }, ['--write'], { env })
  await fetch(await consent(second.authorization_url, { decision: 'allow' }))
  assert.equal((await second.sluice.ended).code, 0)
  assert.notEqual(await readFile(config, 'utf8'), sealed)
  assert.equal((await runSluice(capture, { env })).code, 0)
})

test('--write never leaves a file in clear unless --plain says so', async () => {
  const { flow, config } = await flowWithFile('clear.yaml', 'region: europe\n')
  const refused = await runSluice(['raw', 'oauth', '--source', flow, '--write'])
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /clear\.yaml is in clear, and nobody is named.*--plain/s)
  const inline = await runSluice(['raw', 'oauth', '--source', source.path, '--write', '--plain'])
  assert.equal(inline.code, 3)
  const attempt = await startOauth(lab, { ...source, path: flow }, ['--write', '--plain'])
  await fetch(await consent(attempt.authorization_url, { decision: 'allow' }))
  const { code, stderr } = await attempt.sluice.ended
  assert.equal(code, 0, stderr)
  assert.match(stderr, /Written to \S+, in clear: keep it to yourself/)
  assert.match(await readFile(config, 'utf8'), new RegExp(`client_secret: ${CLIENT.client_secret}`))
  assert.equal((await stat(config)).mode & 0o077, 0)
})

test('the client secret may come from a file', async () => {
  const bare = await writeLabSource(lab.origin, { client: false })
  const file = await bare.write('secret.txt', `${CLIENT.client_secret}\n`)
  const args = ['--client-id', CLIENT.client_id, '--client-secret-file', file]
  const attempt = await startOauth(lab, bare, args)
  await fetch(await consent(attempt.authorization_url, { decision: 'allow' }))
  assert.equal((await attempt.sluice.ended).code, 0)
  await bare.remove()
})

test('options that contradict each other are refused before anything is asked', async () => {
  for (const options of [['--device', '--paste'], ['--paste', '--client-secret-stdin'], ['--plain']]) {
    assert.equal((await runSluice(['raw', 'oauth', '--source', source.path, ...options])).code, 2)
  }
})
