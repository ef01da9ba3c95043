// A target that follows the Singer specification to the letter: it brings records to an inbox, and prints the state once
// all before it was taken there. It tells of its settings by `--about`, as Meltano's SDK does.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { openInbox } from '../inbox.ts'

interface Message {
  type: string
  stream?: string
  record?: unknown
  schema?: unknown
  value?: unknown
}

const ABOUT = {
  name: 'singer-target-lab',
  description: 'Brings documents to an inbox.',
  version: '0.1.0',
  sdk_version: '0.54.5',
  supported_python_versions: [],
  capabilities: ['about', 'activate-version'],
  settings: {
    type: 'object',
    required: ['address'],
    properties: {
      address: { type: 'string', title: 'Address', description: 'What takes documents by POST.', format: 'uri' },
    },
  },
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--about')) {
    process.stdout.write(JSON.stringify(ABOUT, null, 2))
    return
  }
  const path = args[args.indexOf('--config') + 1]
  if (!args.includes('--config') || path === undefined) throw new Error('--config is missing')
  const { address } = JSON.parse(readFileSync(path, 'utf8')) as { address: string }
  const inbox = openInbox(address)
  const declared = new Set<string>()
  for await (const line of createInterface({ input: process.stdin })) {
    const { type, stream = '', record, value } = JSON.parse(line) as Message
    switch (type.toUpperCase()) {
      case 'SCHEMA':
        declared.add(stream)
        break
      case 'RECORD':
        if (!declared.has(stream)) throw new Error(`A record of ${stream} came before its schema.`)
        await inbox.put(stream, record)
        break
      case 'STATE':
        await inbox.flush()
        process.stdout.write(`${JSON.stringify(value)}\n`)
        break
    }
  }
  await inbox.flush()
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`CRITICAL ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
