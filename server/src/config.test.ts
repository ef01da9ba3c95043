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
