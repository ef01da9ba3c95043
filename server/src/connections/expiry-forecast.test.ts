import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AccountsServer, labDeclaration, startAccountsServer } from '../testing/accounts-server.ts'
import { obtainLabTokens } from '../testing/lab-tokens.ts'
import { warnOfExpiry } from './warn-of-expiry.ts'

const DAY = 24 * 60 * 60 * 1000

async function importInto(
  server: AccountsServer,
  choose: (tokens: { access_token: string; refresh_token: string }) => object,
) {
  const tokens = await obtainLabTokens(server.lab, server.client)
  const made = await server.api('POST', '/v1/connections', {
    connector_id: 'source-accounts',
    end_user: { id: 'customer-1' },
    config: {},
    grant: choose(tokens),
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return made.body
}

async function metric(server: AccountsServer): Promise<string[]> {
  const text = await (await fetch(new URL('/metrics', server.base_url))).text()
  return text.split('\n').filter((line) => line.startsWith('sluice_connections_act_within{'))
}

test('the date on which a person must act is in the API, the filter, the metric, and an event for each threshold', async (t) => {
  const clock = { ahead: 0 }
  const server = await startAccountsServer(t, {
    now: () => new Date(Date.now() + clock.ahead),
    access_token_seconds: 3600,
    provider: (origin) => labDeclaration(origin, '{ absolute_lifetime: 864000, idle_lifetime: 172800 }'),
  })
  const connection = await importInto(server, ({ access_token, refresh_token }) => ({ access_token, refresh_token }))
  const granted = Date.parse(connection.granted_at)
  assert.equal(Date.parse(connection.act_by), granted + 10 * DAY)
  assert.equal(Math.abs(Date.parse(connection.refresh_idle_until) - granted - 2 * DAY) < 60_000, true)
  assert.deepEqual(
    connection.problems.map(({ code, owner }: { code: string; owner: string }) => [code, owner]),
    [['will_expire', 'person']],
  )
  const before = async (days: number) => {
    const act_before = new Date(granted + days * DAY).toISOString()
    return (await server.api('GET', `/v1/connections?act_before=${act_before}`)).body.data.length
  }
  assert.deepEqual([await before(9), await before(11)], [0, 1])
  assert.deepEqual(await metric(server), [
    'sluice_connections_act_within{days="30"} 1',
    'sluice_connections_act_within{days="7"} 0',
    'sluice_connections_act_within{days="1"} 0',
  ])

  const told: number[] = []
  for (const days of [0, 0, 4, 4, 9.5, 9.5, 11]) {
    clock.ahead = days * DAY
    told.push(await warnOfExpiry(server.services))
  }
  assert.deepEqual(told, [1, 0, 1, 0, 1, 0, 0])
  const events = await server.services.db.selectFrom('events').select(['type', 'data']).orderBy('id').execute()
  const warnings = events.filter(({ type }) => type === 'connection.will_expire').map(({ data }) => data)
  assert.deepEqual(
    warnings.map((data) => [data.connection_id, data.within_days, data.end_user_id]),
    [30, 7, 1].map((days) => [connection.id, days, 'customer-1']),
  )
})

test('an access token that nothing can refresh ends the grant on its own date; a refreshable one does not', async (t) => {
  const server = await startAccountsServer(t)
  const expires_at = new Date(Date.now() + 3 * DAY).toISOString()
  const single = await importInto(server, ({ access_token }) => ({ access_token, expires_at }))
  assert.equal(single.act_by, expires_at)
  const lasting = await importInto(server, ({ access_token, refresh_token }) => ({
    access_token,
    refresh_token,
    expires_at,
  }))
  assert.equal(lasting.act_by, null)
})
