// A destination that speaks Airbyte's protocol v0 to the letter: it brings records to an inbox, and echoes a state once
// all before it was taken there.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { openInbox } from '../inbox.ts'

interface Config {
  address: string
}

interface Message {
  type: string
  record?: { stream: string; data: unknown }
  trace?: { stream_status?: { stream_descriptor: { name: string }; status: string } }
}

interface Catalog {
  streams: { stream: { name: string } }[]
}

const SPEC = {
  protocol_version: '0.2.0',
  documentationUrl: 'http://localhost:16970/',
  supported_destination_sync_modes: ['append'],
  connectionSpecification: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Inbox (Airbyte)',
    type: 'object',
    required: ['address'],
    properties: {
      address: { type: 'string', title: 'Address', description: 'What takes documents by POST.', format: 'uri' },
    },
  },
}

async function main([operation, ...args]: string[]): Promise<void> {
  if (operation === 'spec') return say('SPEC', { spec: SPEC })
  const config = load<Config>(args, '--config')
  if (operation === 'check') {
    const usable = URL.canParse(config.address)
    const failed = { status: 'FAILED', message: 'The address is no URL. Mend it.' }
    return say('CONNECTION_STATUS', { connectionStatus: usable ? { status: 'SUCCEEDED' } : failed })
  }
  if (operation !== 'write') throw new Error(`usage: spec | check | write, not ${operation}`)
  await write(
    config,
    load<Catalog>(args, '--catalog').streams.map(({ stream }) => stream.name),
  )
}

async function write({ address }: Config, streams: readonly string[]): Promise<void> {
  const inbox = openInbox(address)
  const completed = new Set<string>()
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line) as Message
    if (message.type === 'RECORD' && message.record) {
      const { stream, data } = message.record
      if (!streams.includes(stream)) throw new Error(`There is no stream ${stream} in the catalog.`)
      await inbox.put(stream, data)
    } else if (message.type === 'STATE') {
      await inbox.flush()
      process.stdout.write(`${line}\n`)
    } else if (message.trace?.stream_status?.status === 'COMPLETE') {
      completed.add(message.trace.stream_status.stream_descriptor.name)
    }
  }
  await inbox.flush()
  // As destinations of today have it: a stream whose end was not told of is not complete.
  const open = streams.filter((name) => !completed.has(name))
  if (open.length > 0) throw new Error(`The input ended before ${open.join(', ')} was complete.`)
}

function say(type: string, body: object): void {
  process.stdout.write(`${JSON.stringify({ type, ...body })}\n`)
}

function load<T>(args: readonly string[], option: string): T {
  const path = args[args.indexOf(option) + 1]
  if (!args.includes(option) || path === undefined) throw new Error(`${option} is missing`)
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  const traced = { message, internal_message: message, failure_type: 'system_error' }
  say('TRACE', { trace: { type: 'ERROR', emitted_at: Date.now(), error: traced } })
  process.exitCode = 1
})
