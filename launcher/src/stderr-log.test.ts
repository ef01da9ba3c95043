import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readStderrLine } from './stderr-log.ts'

const levelOf = (line: string) => {
  const entry = readStderrLine(line)
  return entry.kind === 'log' ? entry.level : entry.kind
}

test('JSON logs are read in every spelling, extra keys joining the fields', () => {
  assert.deepEqual(
    readStderrLine('{"time":"2026-01-02T03:04:05Z","lvl":"WARNING","msg":"slow","n":1,"fields":{"m":2}}'),
    {
      kind: 'log',
      level: 'warn',
      message: 'slow',
      fields: { n: 1, m: 2 },
      at: '2026-01-02T03:04:05.000Z',
      raw: false,
    },
  )
  assert.equal(levelOf('{"level":"fatal","message":"x"}'), 'error')
  assert.equal(levelOf('{"level":"Panic","message":"x"}'), 'error')
})

test('a line without a level is an error when its words say so, else a warning', () => {
  assert.equal(levelOf('Traceback: unable to connect'), 'error')
  assert.equal(levelOf('unrecognised option'), 'error')
  assert.equal(levelOf('{"message":"request timeout"}'), 'error')
  assert.equal(levelOf('starting up'), 'warn')
  assert.equal(levelOf('[1,2]'), 'warn')
})

test('a config update is never a log, even where it cannot be read', () => {
  assert.deepEqual(
    readStderrLine('{"level":"info","msg":"u","fields":{"eventType":"configUpdate","config":{"a":1}}}'),
    {
      kind: 'config_update',
      config: { a: 1 },
    },
  )
  assert.equal(readStderrLine('{"fields":{"eventType":"configUpdate","config":{"t":"secr').kind, 'withheld')
  assert.equal(readStderrLine('{"fields":{"eventType":"configUpdate"}}').kind, 'withheld')
  assert.equal(readStderrLine('{"message":"ok","eventType":"connectorStatus"}').kind, 'status')
})
