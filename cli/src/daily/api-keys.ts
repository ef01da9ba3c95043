import { type components, dataOf } from '@sluice/client'
import { confirmed } from '../ask.ts'
import { CliError } from '../cli-error.ts'
import type { ListOptions, OutputOptions, ReportOptions } from '../output/output-options.ts'
import { printPages, printRecord } from '../output/print-records.ts'
import { report } from '../output/report.ts'
import { printable, printableJson } from '../printable.ts'
import type { ServerChoice } from '../profiles/choose-login.ts'
import { openServer } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'

type ApiKey = components['schemas']['ApiKey']

export async function listApiKeys(options: ServerChoice & ListOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  await printPages((query) => dataOf(client.GET('/v1/api_keys', { params: { query } })), {
    columns: [
      { title: 'ID', of: ({ id }) => id },
      { title: 'NAME', of: ({ name }) => name },
      { title: 'STATUS', of: statusOf, style: (key) => (statusOf(key) === 'active' ? 'green' : 'dim') },
      { title: 'EXPIRES', of: ({ expires_at }) => expires_at },
      { title: 'LAST USED', of: ({ last_used_at }) => last_used_at },
      { title: 'SCOPES', of: ({ scopes }) => scopes.join(' ') },
    ],
    options,
    terminal,
    nothing: 'There are no API keys.',
  })
}

function statusOf({ revoked_at, expires_at, rotated_to }: ApiKey): string {
  if (revoked_at !== null) return 'revoked'
  if (expires_at !== null && Date.parse(expires_at) <= Date.now()) return 'expired'
  return rotated_to === null ? 'active' : 'rotated'
}

export async function showApiKey(options: ServerChoice & OutputOptions & { id: string }, terminal: Terminal) {
  const params = { path: { id: options.id } }
  await printRecord(await dataOf(openServer(options, terminal).GET('/v1/api_keys/{id}', { params })), options, terminal)
}

interface NewKey {
  /** Milliseconds. */
  expiresIn: number | undefined
  json: boolean
}

type CreateOptions = ServerChoice & NewKey & { name: string; scope: string[] }

export async function createApiKey(options: CreateOptions, terminal: Terminal): Promise<void> {
  if (options.scope.length === 0) {
    throw new CliError('usage', '--scope is missing: a key without scopes may do nothing.', {
      next_action: 'Add --scope with one or more of those in the API reference, such as connections:read.',
    })
  }
  // The server checks the scopes, and lists them when one is unknown.
  const scopes = options.scope as ApiKey['scopes']
  const body = { name: options.name, scopes, ...expiry(options) }
  await printIssued(await dataOf(openServer(options, terminal).POST('/v1/api_keys', { body })), options, terminal)
}

type RotateOptions = ServerChoice & NewKey & { id: string; overlap: number | undefined }

export async function rotateApiKey(options: RotateOptions, terminal: Terminal): Promise<void> {
  const params = { path: { id: options.id } }
  const body = { ...expiry(options), ...(options.overlap !== undefined && { overlap_hours: options.overlap }) }
  const call = openServer(options, terminal).POST('/v1/api_keys/{id}/rotate', { params, body })
  await printIssued(await dataOf(call), options, terminal)
}

type RevokeOptions = ServerChoice & ReportOptions & { id: string; yes: boolean }

export async function revokeApiKey(options: RevokeOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  const params = { path: { id: options.id } }
  const { name } = await dataOf(client.GET('/v1/api_keys/{id}', { params }))
  await confirmed(`Revoke the API key “${name}” (${options.id})? Who uses it is refused at once.`, options, terminal)
  await dataOf(client.DELETE('/v1/api_keys/{id}', { params }))
  const done = { id: options.id, revoked: true }
  await report(done, `The API key “${printable(name)}” is revoked.`, options, terminal)
}

function expiry({ expiresIn }: NewKey): { expires_at?: string } {
  return expiresIn === undefined ? {} : { expires_at: new Date(Date.now() + expiresIn).toISOString() }
}

async function printIssued(issued: ApiKey & { key: string }, { json }: NewKey, terminal: Terminal): Promise<void> {
  await terminal.print(json ? printableJson(issued) : printable(issued.key))
  terminal.note('The key is shown this once. Keep it where secrets are kept.')
}
