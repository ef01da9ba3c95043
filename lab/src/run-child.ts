import { type MessageFromChild, type MessageToChild, messageToChild } from './child-messages.ts'
import { readDeveloperClient } from './developer-client.ts'
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'
import { startLab } from './start-lab.ts'

/**
 * Runs the lab for the process that forked this one: waits for `start`, answers `ready`, takes `add_client`, and ends
 * when that process closes the channel or dies. Ctrl-C is left to the parent, which shares the terminal.
 */
export function runChild(): void {
  let starting: Promise<Lab> | null = null

  const take = async (message: MessageToChild) => {
    if (message.type === 'start') {
      if (starting !== null) throw new LabError('invalid_message', 'The lab runs already; send `start` once.')
      starting = start(message)
      say({ type: 'ready', origin: (await starting).origin })
      return
    }
    if (starting === null) throw new LabError('invalid_message', 'The lab does not run yet; send `start` first.')
    const added = (await starting).addClient(message.client)
    say({ type: 'client_added', client_id: added.client_id })
  }

  process.on('message', (message) => {
    parse(message).then(take).catch(endWith)
  })
  process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0))
  process.on('SIGINT', () => {})
}

async function start(message: Extract<MessageToChild, { type: 'start' }>): Promise<Lab> {
  const { type: _, developer_client = false, clients = [], ...options } = message
  const developer = developer_client ? [await readDeveloperClient()] : []
  return startLab({ ...options, clients: [...clients, ...developer] })
}

async function parse(message: unknown): Promise<MessageToChild> {
  const parsed = messageToChild.safeParse(message)
  if (parsed.success) return parsed.data
  const places = parsed.error.issues.map((issue) => issue.path.join('.') || 'message').join(', ')
  throw new LabError('invalid_message', `The lab does not understand ${places}; see lab/src/child-messages.ts.`)
}

function endWith(error: Error): void {
  const code = error instanceof LabError ? error.code : 'failed'
  say({ type: 'error', code, message: error.message }, () => process.exit(1))
}

function say(message: MessageFromChild, done?: () => void): void {
  if (process.connected) process.send?.(message, undefined, undefined, done)
}
