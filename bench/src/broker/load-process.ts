// Callers in a process of their own: each sends its next request when the one before was answered.
import { Agent as HttpAgent, type RequestOptions, request as send } from 'node:http'

export interface LoadOrder {
  origin: string
  callers: number
  milliseconds: number
  /** Taken in turn, again from the start at the end unless `once`. */
  requests: { method: string; path: string; headers: Record<string, string>; body?: string }[]
  once: boolean
  accept: number[]
}

export interface LoadReport {
  requests: number
  per_second: number
  p50_ms: number
  p99_ms: number
  /** Bodies of answers that were kept, with what the server set as cookies. */
  answers: { body: string; cookies: string[] }[]
  failures: Record<string, number>
}

process.on('message', async (order: LoadOrder & { keep: boolean }) => {
  process.send?.(await load(order))
})
process.once('disconnect', () => process.exit(0))
process.send?.('ready')

async function load(order: LoadOrder & { keep: boolean }): Promise<LoadReport> {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: order.callers })
  const { hostname, port } = new URL(order.origin)
  const durations: number[] = []
  const answers: LoadReport['answers'] = []
  const failures: Record<string, number> = {}
  let next = 0
  const started = performance.now()
  const caller = async () => {
    while (performance.now() - started < order.milliseconds) {
      const index = next++
      if (order.once && index >= order.requests.length) return
      const item = order.requests[index % order.requests.length]
      if (item === undefined) return
      const { method, path, headers, body } = item
      const began = performance.now()
      const answer = await exchange({ agent, hostname, port, method, path, headers }, body)
      durations.push(performance.now() - began)
      if (!order.accept.includes(answer.status)) failures[answer.status] = (failures[answer.status] ?? 0) + 1
      if (order.keep) answers[index] = { body: answer.body, cookies: answer.cookies }
    }
  }
  await Promise.all(Array.from({ length: order.callers }, caller))
  const seconds = (performance.now() - started) / 1000
  agent.destroy()
  const sorted = durations.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return {
    requests: durations.length,
    per_second: durations.length / seconds,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    answers,
    failures,
  }
}

function exchange(options: RequestOptions, body: string | undefined) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string; cookies: string[] }>()
  const req = send(options, (res) => {
    let text = ''
    res.setEncoding('utf8')
    res.on('data', (chunk: string) => {
      text += chunk
    })
    res.on('end', () => {
      resolve({ status: res.statusCode ?? 0, body: text, cookies: res.headers['set-cookie'] ?? [] })
    })
  })
  req.on('error', reject)
  req.end(body)
  return promise
}
