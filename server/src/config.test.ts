import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from './config.ts'

test('the base URL is https, or http on this machine', () => {
  assert.equal(readConfig({ SLUICE_BASE_URL: 'https://sluice.example/' }).base_url, 'https://sluice.example')
  assert.equal(readConfig({ SLUICE_BASE_URL: 'http://127.0.0.1:9000' }).base_url, 'http://127.0.0.1:9000')
  for (const wrong of ['http://sluice.example', 'ftp://sluice.example', 'https://sluice.example/path', 'sluice']) {
    assert.throws(() => readConfig({ SLUICE_BASE_URL: wrong }), /SLUICE_BASE_URL: /)
  }
})

test('the environment chooses the runtime of connectors and the limits of runs', () => {
  const { runtime, run_limits } = readConfig({
    SLUICE_RUNTIME: 'container',
    SLUICE_CONTAINER_NETWORK: 'connectors',
    SLUICE_RUNS_AT_ONCE: '4',
    SLUICE_RUN_MINUTES: '30',
    SLUICE_RUN_MEMORY_MB: '256',
    SLUICE_RUN_CPUS: '0.5',
    SLUICE_RUNS_DIRECTORY: '/srv/runs',
  })
  assert.deepEqual([runtime.name, runtime.network], ['container', 'connectors'])
  assert.deepEqual(run_limits, {
    at_once: 4,
    run_ms: 1_800_000,
    documents_directory: '/srv/runs',
    resources: { memory_bytes: 268_435_456, cpus: 0.5 },
  })
  assert.equal(readConfig({}).runtime.name, 'process')
  assert.throws(() => readConfig({ SLUICE_RUNTIME: 'vm' }), /SLUICE_RUNTIME: /)
})
