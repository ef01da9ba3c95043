import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Child<Ready> {
  ready: Ready
  ask<Answer>(message: object): Promise<Answer>
  stop(): Promise<void>
}

/** Forks a program of this folder, and waits for its first word. It is to end when it is left. */
export async function startChild<Ready>(program: string, order: object = {}): Promise<Child<Ready>> {
  const path = fileURLToPath(new URL(program, import.meta.url))
  const child: ChildProcess = fork(path, [JSON.stringify(order)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  const [ready] = await Promise.race([
    once(child, 'message'),
    exited.then(() => Promise.reject(new Error(`${program} ended`))),
  ])
  return {
    ready: ready as Ready,
    async ask(message) {
      child.send(message)
      const [answer] = await once(child, 'message')
      return answer
    },
    async stop() {
      const patience = setTimeout(() => child.kill('SIGKILL'), 10_000)
      child.disconnect()
      await exited
      clearTimeout(patience)
    },
  }
}
