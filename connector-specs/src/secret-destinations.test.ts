import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@sluice/oauth'
import { movedDestinations, secretDestinations } from './secret-destinations.ts'

const destinations = (schema: JsonObject, config: JsonObject) => [...secretDestinations(schema, null, config).keys()]

test('destinations are found by name, format and mark, in lists, arms and objects that the schema does not know', () => {
  const schema: JsonObject = {
    properties: {
      start: { type: 'string', format: 'uri' },
      door: { 'x-secret-destination': true },
      email_server: { 'x-secret-destination': false },
      region_host: { $ref: '#/$defs/region' },
      either_host: { anyOf: [{ enum: ['a'] }, { type: 'string' }] },
      tunnel: {
        oneOf: [{ properties: { method: { const: 'none' } } }, { properties: { via: {}, key: { secret: true } } }],
      },
      connection_string: { secret: true },
    },
    $defs: { region: { enum: ['eu', 'us'] } },
  }
  const config: JsonObject = {
    start: 'https://a.example',
    door: 'd',
    email_server: 'e',
    region_host: 'eu',
    either_host: 'a',
    tunnel: { via: 'v', key: 'k' },
    connection_string: 'c',
    unknown: { apiHosts: ['h'], brokers: [{ name: 'b' }], ports: 443 },
    report: 'r',
    use_proxy: true,
    host: '',
  }
  assert.deepEqual(destinations(schema, config), [
    '/start',
    '/door',
    '/either_host',
    '/tunnel/via',
    '/connection_string',
    '/unknown/apiHosts/0',
    '/unknown/brokers/0/name',
    '/unknown/ports',
  ])
})

test('names that say where something is are known, and others are not', () => {
  const yes = 'host hostname dbHost db-host server base_url baseurl apiURL endpoint endpoints account_domain subdomain'
  const more = 'shop site_urls addresses bootstrap_servers jdbc_url_params connection_string proxy port cloud_id dsn'
  for (const name of `${yes} ${more}`.split(' '))
    assert.deepEqual(destinations({}, { [name]: 'x' }), [`/${name}`], name)
  for (const name of 'region report export start_date account_id hosting username import_mode schema'.split(' ')) {
    assert.deepEqual(destinations({}, { [name]: 'x' }), [], name)
  }
})

test('what was added, changed or taken away has moved; what is the same in another order of fields has not', () => {
  const earlier = { host: 'a', port: 1, url: 'u', name: 'n' }
  const moved = (config: JsonObject) => movedDestinations({}, null, { earlier, config })
  assert.deepEqual(moved({ name: 'other', url: 'u', port: 1, host: 'a' }), [])
  assert.deepEqual(moved({ host: 'b', port: 1, proxy: 'p' }), ['/host', '/url', '/proxy'])
})
