// S45 on every protocol: a connector that does everything wrong with its secret, looked at from all sides while it runs
// and after it crashed.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import type { JsonObject, ProtocolName } from '@sluice/connector-specs'
import type { Launch, LogEvent } from './launch.ts'
import { offered, type Protocol } from './protocol/protocol.ts'
import { protocolOf } from './protocol/protocol-of.ts'
import { createProcessRuntime } from './runtime/process/process-runtime.ts'
import { withoutPython } from './testing/python.ts'

type Ask = (protocol: Protocol, launch: Launch, config: JsonObject) => Promise<unknown>

const check: Ask = (protocol, launch, config) => offered(protocol, 'check')(launch, config)
const discover: Ask = (protocol, launch, config) => offered(protocol, 'discover')(launch, config)
const read: Ask = async (protocol, launch, config) => {
  const request = { name: 'acme/x', config, state: {}, bindings: [] }
  for await (const _ of offered(protocol, 'read')(launch, request));
}

const validate: Ask = (protocol, launch, config) =>
  offered(protocol, 'validate')(launch, { name: 'acme/x', config, bindings: [] })

/** The same as leaky/leak.py; the token comes by stdin, by a file that an argument names, or by the environment. */
const LEAK = `
const fs = require('node:fs')
const leakOnStdout = (token) => {
  const say = (text) => fs.writeSync(1, text)
  const quoted = JSON.stringify(JSON.stringify({ t: token }))
  for (const form of [token, Buffer.from('id:' + token).toString('base64'), encodeURIComponent(token), quoted]) {
    say('stdout ' + form.slice(0, 13))
    say(form.slice(13) + '\\n')
  }
}
const leak = (token) => {
  const say = (text) => fs.writeSync(2, text)
  fs.writeFileSync(process.env.HOME + '/cache', token)
  say('pieces ' + token.slice(0, 9))
  setTimeout(() => {
    say(token.slice(9) + ' end\\n')
    say('basic ' + Buffer.from('id:' + token).toString('base64') + '\\n')
    say('url https://x/?t=' + encodeURIComponent(token) + '\\n')
    say('json ' + JSON.stringify(JSON.stringify({ t: token })) + '\\n')
    say('hex ' + Buffer.from(token).toString('hex') + '\\n')
    say('\\x1b]0;title\\x07\\x1b[2J\\u202e forged\\n')
    say('leaked\\n')
    setInterval(() => {
      if (!fs.existsSync(process.env.LEAK_RELEASE)) return
      say('error: crashed with ' + token + '\\n')
      leakOnStdout(token)
      process.abort()
    }, 20)
  }, 50)
}
const file = process.argv.find((word) => word.endsWith('.json'))
if (process.env.token) leak(process.env.token)
else if (file) leak(JSON.parse(fs.readFileSync(file)).token)
else process.stdin.once('data', (data) => leak(JSON.parse('"' + /"token":"((?:[^"\\\\]|\\\\.)*)"/.exec(data)[1] + '"')))
`
const node = [process.execPath, '-e', LEAK, 'connector']

/** A further protocol joins by a line. */
const PROTOCOLS: [ProtocolName, string[], Ask, Partial<Launch>?][] = [
  ['flow', node, discover],
  ['flow', node, discover, { protobuf: true }],
  ['flow', node, validate, { protobuf: true, destination: true }],
  ['airbyte', node, check],
  ['singer', node, discover],
  ['environment', node, read],
  ['devlake', ['python3', 'devlake_plugin.py'], check],
  ['tightlock', ['python3', 'tightlock_source.py'], check],
]

const cwd = fileURLToPath(new URL('fixtures/leaky/', import.meta.url))
let place: string
before(async () => {
  place = await mkdtemp(join(tmpdir(), 'sluice-secrets-'))
})
after(() => rm(place, { recursive: true, force: true }))

for (const [name, command, ask, more = {}] of PROTOCOLS) {
  const spoken = `${name}${more.protobuf ? ' in protobuf' : ''}${more.destination ? ' and takes documents' : ''}`
  const skip = command[0] === 'python3' ? withoutPython : false
  test(`S45 S49 S50 a secret given to a connector that speaks ${spoken} is in no argv, no environment of others, no log, no error and no file, and nothing it prints moves a cursor`, {
    skip,
  }, async () => {
    const token = `canary${randomBytes(9).toString('hex')}/with+special="characters"`
    const runs = await mkdtemp(join(place, 'runs-'))
    const release = join(place, `release-${spoken}`)
    const runtime = createProcessRuntime({ directory: runs, spawner: true })
    const leaked = Promise.withResolvers<void>()
    const logs: LogEvent[] = []
    const launch: Launch = {
      name: `acme/${name}`,
      command,
      cwd,
      env: { LEAK_RELEASE: release, PYTHONDONTWRITEBYTECODE: '1' },
      secrets: [token],
      ...more,
      runtime,
      limits: { timeout_ms: 30_000 },
      onLog(log) {
        logs.push(log)
        if (log.message.includes('leaked')) leaked.resolve()
      },
    }
    const failed = ask(protocolOf(name), launch, { token }).then(
      () => assert.fail('the connector crashed, and nobody said so'),
      (error: unknown) => error,
    )
    await Promise.race([leaked.promise, failed])
    const commands = await everywhereIn('cmdline')
    const environments = await everywhereIn('environ')
    writeFileSync(release, '')
    const error = await failed
    await runtime.close()

    const forms = formsOf(token)
    assertNowhere(forms, commands.join('\n'), 'a command line')
    // A program that knows nothing but variables has its own; nobody else has them.
    const others = name === 'environment' ? environments.filter((text) => !text.includes('LEAK_RELEASE')) : environments
    assertNowhere(forms, others.join('\n'), 'an environment')
    assert.ok(logs.length >= 5, JSON.stringify(logs))
    assertNowhere(forms, JSON.stringify(logs), 'a log')
    const shown = [...logs.map(({ message }) => message), String(error)].join('')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looks for them
    assert.doesNotMatch(shown, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    assert.match(shown, /\\x1b\]0;title\\x07/)
    assertNowhere(forms, inspect(error, { depth: 10, showHidden: true, maxStringLength: null }), 'an error')
    for (const file of [...(await filesUnder(runs)), ...(await filesUnder(cwd))]) {
      assertNowhere(forms, await readFile(file, 'latin1').catch(() => ''), file)
    }
    assert.deepEqual(await filesUnder(runs), [])
    const cores = (await readdir(cwd)).filter((file) => /^core(\.|$)|vgcore/.test(file))
    assert.deepEqual(cores, [])
  })
}

/** One file of each process of this machine but the test itself. */
async function everywhereIn(file: 'cmdline' | 'environ'): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((pid) => /^\d+$/.test(pid))
  return await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')))
}

async function filesUnder(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

function formsOf(token: string): string[] {
  const bytes = Buffer.from(token)
  const encoded = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(4, 20),
  )
  return [
    token,
    token.slice(0, 20),
    encodeURIComponent(token).slice(0, 30),
    token.slice(-24),
    encodeURIComponent(token).slice(-30),
    JSON.stringify(token).slice(-24),
    JSON.stringify(JSON.stringify(token)).slice(-30),
    bytes.toString('hex').slice(0, 40),
    ...encoded,
  ]
}

function assertNowhere(forms: readonly string[], text: string, where: string): void {
  for (const form of forms) assert.equal(text.includes(form), false, `${form} is in ${where}`)
}
