import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runSluice, startSluice } from '../testing/run-sluice.ts'

const withoutPython = spawnSync('python3', ['-c', 'import sqlite3']).status === 0 ? false : 'there is no python3 here'

let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-connector-'))
})
after(() => rm(directory, { recursive: true }))

async function made(protocol: string, name = protocol): Promise<string> {
  const place = join(directory, name)
  const { code, stderr } = await runSluice(['connector', 'new', place, '--protocol', protocol])
  assert.equal(code, 0, stderr)
  return join(place, 'flow.yaml')
}

const STEPS = ['spec', 'config', 'discover', 'validate', 'read', 'resume', 'leaks']

for (const protocol of ['flow', 'airbyte', 'singer', 'devlake', 'tightlock', 'environment']) {
  const skip = ['devlake', 'tightlock'].includes(protocol) ? withoutPython : false
  test(`a new ${protocol} connector passes its test at once`, { skip }, async () => {
    const args = ['connector', 'test', '--source', await made(protocol), '--max-documents', '100', '--json']
    const { code, stdout, stderr } = await runSluice(args)
    assert.equal(code, 0, stdout + stderr)
    const steps = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      steps.map(({ step }) => step).filter((step) => step !== 'check'),
      STEPS,
    )
    assert.ok(steps.every(({ passed }) => passed))
  })
}

test('a connector that prints its token, or fails, does not pass', async () => {
  const source = await made('flow', 'leaky')
  const program = join(directory, 'leaky', 'connector.mjs')
  const sound = await readFile(program, 'utf8')
  const leaky = async (line: string) => {
    await writeFile(program, sound.replace('const config = capture.config', `const config = capture.config; ${line}`))
    return await runSluice(['connector', 'test', '--source', source, '--max-documents', '20'])
  }
  const printed = await leaky("log('info', 'token ' + config.access_token)")
  assert.equal(printed.code, 4)
  assert.match(printed.stderr, /✖ leaks .*printed a secret in \d+ of its logs: token \[redacted\]/)
  const failing = await leaky("throw new Error('the API changed')")
  assert.match(failing.stderr, /✖ read .*the API changed/)
  assert.match(failing.stderr, /does not pass the step read/)
})

test('an existing directory, an unknown protocol and a bad name are refused', async () => {
  await writeFile(join(directory, 'occupied'), '')
  const refused = async (args: string[], words: RegExp) => {
    const { code, stderr } = await runSluice(['connector', 'new', ...args])
    assert.equal(code, 2, stderr)
    assert.match(stderr, words)
  }
  await refused([directory], /is not empty/)
  await refused([join(directory, 'x'), '--protocol', 'soap'], /Give --protocol one of flow, airbyte/)
  await refused([join(directory, 'y'), '--name', '../evil'], /cannot be a connector’s name/)
})

test('connector build writes a container file without config, and keeps one that is there', async () => {
  const source = await made('singer', 'built')
  const built = await runSluice(['connector', 'build', '--source', source])
  assert.equal(built.code, 0, built.stderr)
  const text = await readFile(join(directory, 'built', 'Containerfile'), 'utf8')
  assert.match(text, /^FROM node:24-slim$/m)
  assert.match(text, /^ENTRYPOINT \["node","connector\.mjs"\]$/m)
  assert.match(await readFile(join(directory, 'built', '.containerignore'), 'utf8'), /^flow\.yaml$/m)
  assert.match((await runSluice(['connector', 'build', '--source', source])).stderr, /is there already and stays/)
  const engine = join(directory, 'engine.sh')
  await writeFile(engine, `#!/bin/sh\necho "$@" > ${directory}/called\n`)
  await chmod(engine, 0o700)
  const tagged = await runSluice(['connector', 'build', '--source', source, '--tag', 'acme/tap:v1', '--engine', engine])
  assert.equal(tagged.stdout, 'acme/tap:v1\n')
  assert.match(await readFile(join(directory, 'called'), 'utf8'), /^build -f .*Containerfile -t acme\/tap:v1 /)
})

test('lab start prints its address, answers, and ends by Ctrl-C', async () => {
  const lab = startSluice(['lab', 'start', '--port', '0', '--quirk', 'rotation,error_in_200'])
  const [, origin = ''] = await lab.says(/listens on (http\S+);/)
  await lab.says(/quirks +rotation, error_in_200/)
  const { status } = await fetch(`${origin}/.well-known/openid-configuration`)
  assert.equal(status, 200)
  const token = await fetch(`${origin}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token' }),
  })
  assert.deepEqual(await token.json(), { ok: false, error: 'invalid_grant' })
  lab.child.kill('SIGINT')
  const { code, stdout } = await lab.ended
  assert.deepEqual([code, stdout], [130, `${origin}\n`])
  const unknown = await runSluice(['lab', 'start', '--quirk', 'gravity'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /has no quirk gravity/)
})
