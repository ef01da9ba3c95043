// Ways in which a token endpoint goes wrong, as data: a new one is one entry of the table.
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Fault {
  /** HTTP status; default 200. */
  status?: number
  /** Default `application/json`. */
  content_type?: string
  body?: string
  /** Further headers, such as `retry-after`. */
  headers?: Record<string, string>
  /** How many times `body` is sent; default 1. */
  repeat?: number
  /** Milliseconds between the bytes of the body; default 0, the whole body at once. */
  drip_ms?: number
  /**
   * `never`: no answer at all. `lost`: the server does its work, then the connection breaks instead of the answer.
   * `withheld`: the server does its work, and the answer never leaves.
   */
  reply?: 'never' | 'lost' | 'withheld'
  /** Called when the request is here, and with `withheld` when the server has done its work. */
  noticed?: () => void
}

export const FAULTS = {
  html_502: {
    status: 502,
    content_type: 'text/html',
    body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>',
  },
  not_json: { body: 'It works!' },
  error_in_200: { body: '{"ok":false,"error":"invalid_grant"}' },
  slow: { body: '{"access_token":"slow","token_type":"Bearer"}', drip_ms: 1000 },
  huge: { body: `{"padding":"${'x'.repeat(1024 * 1024)}"}`, repeat: 20 },
  hang: { reply: 'never' },
  lost_reply: { reply: 'lost' },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS

/** Answers a request with a fault. `serve` is what the server would have done. */
export function answerFault(fault: Fault, req: IncomingMessage, res: ServerResponse, serve: () => void): void {
  if (fault.reply !== 'withheld') fault.noticed?.()
  if (fault.reply === 'never') return
  if (fault.reply === 'withheld') {
    withholdReply(res, fault.noticed)
    serve()
  } else if (fault.reply === 'lost') {
    loseReply(res)
    serve()
  } else {
    req.resume()
    res.writeHead(fault.status ?? 200, { 'content-type': fault.content_type ?? 'application/json', ...fault.headers })
    sendBody(fault, res)
  }
}

function sendBody({ body = '', repeat = 1, drip_ms = 0 }: Fault, res: ServerResponse): void {
  if (drip_ms === 0) {
    for (let sent = 0; sent < repeat; sent += 1) res.write(body)
    res.end()
    return
  }
  const bytes = Buffer.from(body.repeat(repeat))
  let sent = 0
  const timer = setInterval(() => {
    res.write(bytes.subarray(sent, sent + 1))
    sent += 1
    if (sent === bytes.length) res.end()
  }, drip_ms)
  res.on('close', () => clearInterval(timer))
}

function loseReply(res: ServerResponse): void {
  res.write = () => false
  res.end = () => res.destroy()
}

function withholdReply(res: ServerResponse, noticed: (() => void) | undefined): void {
  res.write = () => false
  res.end = () => {
    noticed?.()
    return res
  }
}
