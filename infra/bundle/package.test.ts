// The command as users have it: packed, installed by npm without a network, run without this checkout's sources.
import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { before, test } from 'node:test'
import { promisify } from 'node:util'
import { consent, startLab } from '@sluice/lab'
import { temporaryDirectory } from '../../server/src/testing/temporary-directory.ts'
import { checkout } from '../checkout.ts'
import { bundleCommand } from './bundle-command.ts'

const run = promisify(execFile)
const withoutPython = spawnSync('python3', ['-c', 'import sqlite3']).status === 0 ? false : 'there is no python3 here'

const directory = temporaryDirectory({ after: (work) => void process.once('exit', work) })
const sluice = join(directory, 'prefix/bin/sluice')
// Where users have a Node that is new enough.
const env = { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), HOME: directory }

before(async () => {
  await bundleCommand(checkout, join(directory, 'package'))
  const npm = async (...args: string[]) => (await run('npm', args, { cwd: directory, env })).stdout.trim()
  const tarball = (await npm('pack', '--silent', './package')).split('\n').at(-1) ?? ''
  mkdirSync(join(directory, 'prefix/lib'), { recursive: true })
  await npm('install', '--global', '--offline', '--prefix', join(directory, 'prefix'), join(directory, tarball))
})

const ended = async (...args: string[]) => {
  const child = spawn(sluice, args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => (stdout += text))
  child.stderr.on('data', (text) => (stderr += text))
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

test('the installed command has no dependencies, and tells whose code it carries', async () => {
  const installed = join(directory, 'prefix/lib/node_modules')
  assert.deepEqual(
    readdirSync(installed).filter((name) => !name.startsWith('.')),
    ['@sluice'],
  )
  const licenses = readFileSync(join(installed, '@sluice/cli/THIRD-PARTY-LICENSES.txt'), 'utf8')
  for (const name of ['commander', 'yaml', 'oidc-provider']) assert.ok(licenses.includes(`\n${name} `), name)
  const { code, stdout } = await ended('--help')
  assert.equal(code, 0)
  assert.match(stdout, /^Usage: sluice/)
  assert.match((await ended('--version')).stdout, /^\d+\.\d+\.\d+\n$/)
})

const connectors = {
  'source-lab': false,
  'source-lab-protobuf': false,
  'airbyte-source-lab': false,
  'singer-tap-lab': withoutPython,
  'devlake-plugin-lab': withoutPython,
  'tightlock-source-lab': withoutPython,
  'environment-lab': withoutPython,
}
for (const [name, skip] of Object.entries(connectors)) {
  test(`the installed command asks ${name} for its spec`, { skip }, async () => {
    const { code, stdout, stderr } = await ended(
      'raw',
      'spec',
      '--source',
      `${checkout}/lab/connectors/${name}/flow.yaml`,
    )
    assert.equal(code, 0, stderr)
    assert.equal(typeof JSON.parse(stdout).configSchema, 'object')
  })
}

test('the installed command examines a machine, and makes a connector that passes its test', async () => {
  const { code, stdout } = await ended('doctor', '--local', '--json')
  assert.equal(code, 0, stdout)
  const { findings } = JSON.parse(stdout)
  const data = findings.find(({ check }: { check: string }) => check === 'data directory')
  assert.ok(data.detail.startsWith(join(directory, '.sluice')), data.detail)
  assert.equal((await ended('connector', 'new', 'made')).code, 0)
  const tested = await ended('connector', 'test', '--source', 'made/flow.yaml', '--max-documents', '20')
  assert.equal(tested.code, 0, tested.stderr)
})

test('the installed command authorizes a source', async (t) => {
  const client = { client_id: 'packed', client_secret: 'packed-secret-0123456789abcdef' }
  const lab = await startLab()
  t.after(() => lab.close())
  const command = [process.execPath, `${checkout}/lab/connectors/source-lab/source-lab.ts`]
  const local = { command, env: { LAB_ORIGIN: lab.origin }, config: { region: 'europe' }, oauthClient: 'client.json' }
  const captures = { 'acme/shop': { endpoint: { local }, bindings: [] } }
  writeFileSync(join(directory, 'flow.yaml'), JSON.stringify({ captures }))
  writeFileSync(join(directory, 'client.json'), JSON.stringify(client))
  const args = ['raw', 'oauth', '--source', 'flow.yaml', '--port', '0', '--json']
  const child = spawn(sluice, args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => (stdout += text))
  const address = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(stderr)))
    child.stderr.on('data', (text) => {
      stderr += text
      const [, shown] = /^ {2}(http\S+)$[\s\S]*^Waiting/m.exec(stderr) ?? []
      if (shown !== undefined) resolve(shown)
    })
  })
  lab.addClient({ ...client, redirect_uris: [new URL(address).searchParams.get('redirect_uri') ?? ''] })
  const closed = once(child, 'close')
  assert.equal((await fetch(await consent(address, { decision: 'allow' }))).status, 200)
  assert.deepEqual(await closed, [0, null], stderr)
  assert.equal(JSON.parse(stdout).task, 'acme/shop')
  assert.ok(!stdout.includes(client.client_secret))
})
