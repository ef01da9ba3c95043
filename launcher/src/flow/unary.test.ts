import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ConnectorError } from '../connector-error.ts'
import { assertEnded, launchScript } from '../fixtures/launch-script.ts'
import type { Launch } from '../launch.ts'
import { discover, spec, validate } from './operations.ts'

const SPEC =
  '{ protocol: 3032023, configSchema: {}, resourceConfigSchema: {}, documentationUrl: "javascript:alert(1)" }'

async function failure(work: Promise<unknown>): Promise<ConnectorError> {
  try {
    await work
  } catch (error) {
    if (error instanceof ConnectorError) return error
    throw error
  }
  return assert.fail('should have been refused')
}

test('spec, discover and validate each ask one fresh process and read its one response', async () => {
  const launch = launchScript(`onRequest((key, body) => {
    if (key === 'spec') answer({ spec: ${SPEC} })
    if (key === 'discover') answer({ discovered: { bindings: [{ recommendedName: body.config.name, resourceConfig: {}, documentSchema: {}, key: ['/id'] }] } })
    if (key === 'validate') answer({ validated: { bindings: body.bindings.map(({ collection }) => ({ resourcePath: [collection.name] })) } })
  })`)
  const { documentation_url, protocol } = await spec(launch)
  assert.deepEqual([documentation_url, protocol], [null, 3032023])
  const [found] = await discover(launch, { name: 'pets' })
  assert.deepEqual([found?.recommended_name, found?.key, found?.resource_path], ['pets', ['/id'], []])
  const collection = { name: 'acme/pets', key: ['/id'], schema: {} }
  const results = await validate(launch, {
    name: 'acme/x',
    config: {},
    bindings: [{ collection, resource_config: {} }],
  })
  assert.deepEqual(results, [{ resource_path: ['acme/pets'] }])
})

test('a connector that exits 1 fails with its last error log, its exit code and its stderr', async () => {
  const error = await failure(
    spec(
      launchScript(
        `log({ level: 'error', msg: 'no route to host' }); log({ level: 'info', msg: 'bye' }); process.exit(1)`,
      ),
    ),
  )
  assert.deepEqual([error.code, error.exit_code, error.verdict], ['exited', 1, 'connector_broken'])
  assert.equal(error.message, 'The connector test-connector exited with code 1 while answering spec: no route to host')
  assert.equal(error.stderr, 'no route to host\nbye')
})

test('garbage on stdout is malformed output, shown shortened and without secrets', async () => {
  const script = `process.stdout.write('Traceback: token=' + Buffer.from('hunter2hunter2').toString('base64') + 'x'.repeat(5000) + '\\n')`
  const error = await failure(spec(launchScript(script, { secrets: ['hunter2hunter2'] })))
  assert.equal(error.code, 'malformed_output')
  assert.match(
    error.message,
    /test-connector printed something that is no protocol message on stdout: "Traceback: token=\[redacted\]/,
  )
  assert.ok(error.message.length < 400)
})

test('a connector that never answers is ended within the time allowed, with all that it forked', async () => {
  const pids: number[] = []
  const launch = launchScript(
    `const { spawn } = require('node:child_process')
     const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'inherit' })
     process.on('SIGTERM', () => {})
     log({ level: 'info', msg: 'pids', own: process.pid, forked: child.pid })
     setInterval(() => {}, 1000)`,
    {
      limits: { timeout_ms: 2000, grace_ms: 100 },
      onLog: ({ fields }) => void pids.push(Number(fields.own), Number(fields.forked)),
    },
  )
  const started = performance.now()
  const error = await failure(spec(launch))
  assert.deepEqual([error.code, error.verdict], ['timeout', 'transient'])
  assert.match(error.message, /did not answer spec within 2 s/)
  assert.ok(performance.now() - started < 10_000)
  assert.equal(pids.length, 2)
  for (const pid of pids) await assertEnded(pid)
})

test('what a connector forked ends with it when it exits by itself', async () => {
  let forked = 0
  const launch = launchScript(
    `const child = require('node:child_process').spawn('sleep', ['60'], { stdio: 'ignore' })
     child.unref()
     log({ level: 'info', msg: 'forked', pid: child.pid })
     answer({ spec: ${SPEC} })
     onRequest(() => {})`,
    {
      onLog({ fields }) {
        forked = Number(fields.pid)
      },
    },
  )
  await spec(launch)
  assert.ok(forked > 0)
  await assertEnded(forked)
})

test('half a last line, a line over the limit and invalid UTF-8 are refused', async () => {
  const half = await failure(spec(launchScript(`process.stdout.write('{"spec":{')`)))
  assert.deepEqual([half.code, half.exit_code], ['malformed_output', 0])
  assert.match(half.message, /an unfinished last line/)
  const huge = await failure(
    spec(launchScript(`process.stdout.write('x'.repeat(3e6))`, { limits: { max_line_bytes: 1_000_000 } })),
  )
  assert.equal(huge.code, 'output_too_large')
  const bytes = await failure(spec(launchScript(`process.stdout.write(Buffer.from([0x7b, 0xff, 0x7d, 0x0a]))`)))
  assert.equal(bytes.code, 'malformed_output')
})

test('no response, a second response and a response to something else break the protocol', async () => {
  const none = await failure(spec(launchScript('')))
  assert.deepEqual([none.code, none.message.includes('exited without answering spec')], ['protocol', true])
  const twice = await failure(spec(launchScript(`answer({ spec: ${SPEC} }); answer({ spec: ${SPEC} })`)))
  assert.deepEqual([twice.code, twice.message.includes('more than one response')], ['protocol', true])
  const other = await failure(spec(launchScript(`answer({ "disc\\u001bovered": {} })`)))
  assert.match(other.message, /answered "disc\\x1bovered" where "spec" was due/)
  const broken = await failure(discover(launchScript(`answer({ discovered: { bindings: [{}] } })`), {}))
  assert.match(broken.message, /breaks the protocol: bindings.0.recommendedName/)
})

test('a program or directory that does not exist is named, with what to check', async () => {
  const program = await failure(spec({ ...launchScript(''), command: ['no-such-connector', '--flag'] }))
  assert.equal(program.code, 'not_found')
  assert.match(program.message, /no-such-connector was not found. Check the command \[no-such-connector --flag\]/)
  const directory = await failure(spec({ ...launchScript(''), cwd: '/no/such/place' }))
  assert.match(directory.message, /\/no\/such\/place, which is not a directory/)
})

test('cancelling ends the connector', async () => {
  const abort = new AbortController()
  const launch = launchScript(`log({ level: 'info', msg: 'up', pid: process.pid }); setInterval(() => {}, 1000)`)
  let pid = 0
  const work = failure(
    spec({
      ...launch,
      signal: abort.signal,
      onLog: ({ fields }) => {
        pid = Number(fields.pid)
        abort.abort()
      },
    }),
  )
  const error = await work
  assert.deepEqual([error.code, error.verdict], ['canceled', 'transient'])
  await assertEnded(pid)
  assert.equal((await failure(spec({ ...launch, signal: abort.signal }))).code, 'canceled')
})

test('S49 the config reaches the connector by stdin alone: argv and environment hold nothing of it or of us', async () => {
  process.env.SLUICE_TEST_CANARY = 'canary'
  try {
    const [found] = await discover(
      launchScript(
        `onRequest((key, body) => answer({ discovered: { bindings: [{ recommendedName: 'seen', documentSchema: {}, resourceConfig: {
          config: body.config, argv: process.argv, env: process.env,
          cmdline: require('node:fs').readFileSync('/proc/self/cmdline', 'utf8'),
          stdin_is_pipe: require('node:fs').fstatSync(0).isFIFO() || require('node:fs').fstatSync(0).isSocket(),
        } }] } }))`,
        { env: { OWN: 'x' } },
      ),
      { token: 'hunter2hunter2' },
    )
    const { config, env, ...rest } = found?.resource_config ?? {}
    assert.deepEqual(config, { token: 'hunter2hunter2' })
    const ours = ['ENCRYPTION_URL', 'FLOW_RUNTIME_CODEC', 'HOME', 'LANG', 'OWN', 'PATH', 'TMPDIR']
    assert.deepEqual(Object.keys(env ?? {}).sort(), ours)
    assert.equal(JSON.stringify({ env, rest }).includes('hunter2'), false)
    assert.equal(JSON.stringify(env).includes('canary'), false)
    assert.equal(rest.stdin_is_pipe, true)
  } finally {
    delete process.env.SLUICE_TEST_CANARY
  }
})

test('S49 the scratch directory is private, and gone after success, failure and kill -9', async () => {
  const report = `const fs = require('node:fs'); const home = process.env.HOME
    fs.mkdirSync(home + '/locked', { mode: 0o700 }); fs.writeFileSync(home + '/locked/cache', 'x'); fs.chmodSync(home + '/locked', 0)
    log({ level: 'info', msg: 'home', home, mode: (fs.statSync(home).mode & 0o777).toString(8), same: home === process.env.TMPDIR });`
  for (const ending of [`answer({ spec: ${SPEC} })`, 'process.exit(3)', `process.kill(process.pid, 'SIGKILL')`]) {
    const logs: Record<string, unknown>[] = []
    const launch: Launch = launchScript(report + ending, { onLog: ({ fields }) => void logs.push(fields) })
    await spec(launch).catch((error: ConnectorError) => assert.match(error.code, /exited|killed/))
    assert.deepEqual([logs[0]?.mode, logs[0]?.same], ['700', true])
    assert.equal(existsSync(String(logs[0]?.home)), false)
  }
})

test('S45 secrets that the connector prints are in no log and no error, in whatever form and pieces', async () => {
  const canary = 'canary-token/with+special=characters'
  const logs: unknown[] = []
  const error = await failure(
    discover(
      launchScript(
        `onRequest((key, { config: { t } }) => {
          process.stderr.write('raw ' + t.slice(0, 10))
          setTimeout(() => {
            process.stderr.write(t.slice(10) + ' end\\n')
            log({ level: 'info', msg: 'Basic ' + Buffer.from('id:' + t).toString('base64'), fields: { url: 'https://x/?t=' + encodeURIComponent(t) } })
            log({ level: 'error', msg: 'boom ' + JSON.stringify({ t }) + Buffer.from(t).toString('base64url') })
            process.exit(1)
          }, 30)
        })`,
        { secrets: [canary], onLog: (log) => void logs.push(log) },
      ),
      { t: canary },
    ),
  )
  assert.equal(error.code, 'exited')
  assert.equal(logs.length, 3)
  const everything = JSON.stringify([logs, error.message, error.stderr, error.stack])
  for (const form of [
    canary,
    encodeURIComponent(canary),
    'canary-token',
    Buffer.from(canary).toString('base64').slice(4, 30),
  ]) {
    assert.equal(everything.includes(form), false, form)
  }
  assert.equal(Buffer.from(everything, 'base64').toString('latin1').includes('special'), false)
  assert.match(everything, /raw \[redacted\] end/)
})

test('S50 control characters in logs and errors are escaped, and no log line can be forged', async () => {
  const logs: string[] = []
  const error = await failure(
    spec(
      launchScript(
        `log({ level: 'error', msg: 'a\\u001b[2Jb\\nINFO forged', fields: { f: '\\u202eevil' } })
         process.stderr.write('raw \\u001b]0;title\\u0007\\n  at line 1\\n')
         process.exit(1)`,
        { onLog: ({ message, fields }) => void logs.push(message, JSON.stringify(fields)) },
      ),
    ),
  )
  assert.deepEqual(logs, [
    'a\\x1b[2Jb\\nINFO forged',
    '{"f":"\\\\u202eevil"}',
    'raw \\x1b]0;title\\x07\n  at line 1',
    '{}',
  ])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looks for them
  assert.doesNotMatch(error.message + error.stderr.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f\u202e]/)
})

test('a connector that does not read its input fails by its exit code', async () => {
  const error = await failure(
    discover(launchScript('process.stdin.destroy(); process.exit(4)'), { big: 'x'.repeat(1e6) }),
  )
  assert.deepEqual([error.code, error.exit_code], ['exited', 4])
})

test('connectors that still run when our process exits are ended with it', async () => {
  const parent = `
    import { createProcessRuntime, flow } from ${JSON.stringify(new URL('../index.ts', import.meta.url).href)}
    const script = 'process.on("SIGTERM", () => {}); console.error(process.pid); setInterval(() => {}, 1000)'
    const onLog = ({ message }) => { process.stdout.write(message); process.exit(0) }
    const runtime = createProcessRuntime({ confinement: 'none' })
    await flow.spec({ command: [process.execPath, '-e', script], cwd: '/', env: {}, secrets: [], onLog, runtime })`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', parent])
  assert.match(stdout, /^\d+$/)
  await assertEnded(Number(stdout))
})
