import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LabClient, MessageFromChild, MessageToChild } from '@sluice/lab'

export interface ForkedLab {
  origin: string
  addClient(client: LabClient): Promise<void>
  close(): Promise<void>
}

/** Runs the lab in a process of its own, which ends with this one. A taken port makes it choose a free one. */
export async function forkLab({ port, state_file }: { port: number; state_file: string }): Promise<ForkedLab> {
  const child = fork(fileURLToPath(new URL('../../lab/src/main.ts', import.meta.url)), [], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ask = async (message: MessageToChild): Promise<MessageFromChild> => {
    child.send(message)
    const ended = once(child, 'exit').then(() => {
      throw new Error('The lab ended while starting; its message is above.')
    })
    const [answer] = await Promise.race([once(child, 'message'), ended])
    // Only lab/src/run-child.ts is at the other end.
    const reply = answer as MessageFromChild
    if (reply.type === 'error') throw Object.assign(new Error(reply.message), { code: reply.code })
    return reply
  }

  const ready = await ask({ type: 'start', port, port_fallback: true, state_file, developer_client: true })
  if (ready.type !== 'ready') throw new Error(`The lab answered ${ready.type} to start.`)
  return {
    origin: ready.origin,
    addClient: async (client) => {
      await ask({ type: 'add_client', client })
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
