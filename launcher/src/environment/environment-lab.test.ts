import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { JsonObject } from '@sluice/connector-specs'
import { type Lab, startLab } from '@sluice/lab'
import type { Launch, LogEvent } from '../launch.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { authorizeAtLab } from '../testing/authorize-at-lab.ts'
import { withoutPython } from '../testing/python.ts'
import { kinds, readToEnd } from '../testing/read-to-end.ts'
import { spec } from './operations.ts'
import { read } from './read.ts'

let lab: Lab
let launch: Launch
let token: string
before(async () => {
  lab = await startLab()
  token = (await authorizeAtLab(lab, lab.addClient())).access_token
  launch = {
    name: 'lab/environment',
    command: ['python3', 'export.py'],
    cwd: fileURLToPath(new URL('../../../lab/connectors/environment-lab/', import.meta.url)),
    env: { LAB_ORIGIN: lab.origin },
    secrets: [token],
  }
})
after(() => (lab as Lab | undefined)?.close())

const requestWith = (config: JsonObject): CaptureRequest => ({ name: 'lab/x', config, state: {}, bindings: [] })

/** A program that prints what it was given. */
const printing = (script: string): Launch => ({
  ...launch,
  command: ['/bin/sh', '-c', script, 'a b', "it's"],
  secrets: [],
})

test('the config reaches the program as variables, and its stdout is the log', { skip: withoutPython }, async () => {
  const result = await readToEnd(read(launch, requestWith({ TB_CDK_TOKEN: token, TB_CDK_TAG: 'nightly', PORT: 1 })))
  assert.equal(result.error, null, result.message)
  assert.deepEqual(kinds(result), ['opened', 'checkpoint', 'done'])
  const logs = result.events.filter((event) => event.type === 'log')
  assert.match(logs.at(-1)?.message ?? '', /^appended \d+ rows$/)
  assert.deepEqual([logs.at(-1)?.level, logs.at(-1)?.fields], ['info', { tag: 'nightly' }])
})

test('its exit code is the outcome, with its last error as the reason', { skip: withoutPython }, async () => {
  const { error } = await readToEnd(read(launch, requestWith({ TB_CDK_TOKEN: 'wrong', TB_CDK_TAG: 't' })))
  assert.deepEqual([error?.code, error?.exit_code], ['exited', 1])
  assert.match(error?.message ?? '', /Exception raised: the lab answered 401/)
})

test('values of every kind arrive as they are, arguments too, and nothing else of this process’s environment', async () => {
  const awkward = 'a\'b"c`d$(e)\\f\ng;h&i|j*k ü'
  const logs: LogEvent[] = []
  const program = printing(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    'printf "%s" "$AWKWARD" | od -An -tx1 | tr -d " \\n"; echo; echo "$NUMBER $LIST $# $1 ${SECRET_OF_OURS-none}"',
  )
  process.env.SECRET_OF_OURS = 'leaked'
  const config = { AWKWARD: awkward, NUMBER: 1.5, LIST: [1, { a: 'b' }], ABSENT: null }
  const { error } = await readToEnd(read({ ...program, onLog: (log) => logs.push(log) }, requestWith(config)))
  delete process.env.SECRET_OF_OURS
  assert.equal(error, null)
  const [hex = '', rest] = logs.map(({ message }) => message)
  assert.equal(Buffer.from(hex, 'hex').toString(), awkward)
  assert.equal(rest, `1.5 [1,{"a":"b"}] 1 it's none`)
})

test('a field that cannot be a variable, or holds a NUL, is refused by its name', async () => {
  const refused = async (config: JsonObject) => (await readToEnd(read(printing('true'), requestWith(config)))).message
  assert.match(await refused({ 'a-b': 'x' }), /a-b cannot be the name of an environment variable/)
  assert.match(await refused({ A: 'x\0y' }), /A holds a NUL/)
})

test('S49 the variables stand in no command line, and their file is gone before the program starts', async () => {
  const canary = 'canary-value-5d1f'
  const script = 'ls "$HOME"; mkfifo "$HOME/never"; echo ready; read -r line < "$HOME/never"'
  const seen: string[] = []
  for await (const event of read(printing(script), requestWith({ CANARY: canary }))) {
    if (event.type !== 'log') continue
    seen.push(event.message)
    if (event.message !== 'ready') continue
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      assert.ok(!commandLine(pid).includes(canary))
    }
    break
  }
  assert.deepEqual(seen, ['ready'])
})

test('without a declared or sampled schema, spec says what to give', async () => {
  await assert.rejects(spec(launch), /Declare them by configSchema, or give a sampleConfig/)
  const { config_schema } = await spec({ ...launch, sample_config: { TB_CDK_TOKEN: 'x', RETRIES: 3 } })
  assert.deepEqual(Object.keys(config_schema.properties as JsonObject), ['TB_CDK_TOKEN', 'RETRIES'])
})

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}
