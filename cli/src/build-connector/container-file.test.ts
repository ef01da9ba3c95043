import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectorTask } from '@sluice/connector-specs'
import { containerFile } from './container-file.ts'

const task: ConnectorTask = {
  name: 'acme/x\nRUN curl evil.example',
  protocol: 'singer',
  command: ['node', 'x.mjs\nUSER root'],
  cwd: '/x',
  env: { NOTE: 'a"b\nUSER root' },
  config: { token: 'never in the image' },
  config_path: null,
  config_overlay: null,
  provider: null,
  bindings: [],
  oauth_client: null,
}

test('nothing of a flow.yaml can add an instruction, and its config is not in the file', () => {
  const text = containerFile(task, { names: [] })
  const instructions = text.split('\n').map((line) => line.split(' ')[0])
  assert.deepEqual(instructions, ['#', 'FROM', 'WORKDIR', 'COPY', 'ENV', 'LABEL', 'LABEL', 'USER', 'ENTRYPOINT', ''])
  assert.ok(!text.includes('never in the image'))
})
