// Reads server-sent events (WHATWG HTML §9.2.6) off a response's body.

export interface ServerSentEvent {
  /** `message` unless the server names it. */
  type: string
  id: string | null
  data: string
}

const LINE_END = /\r\n|\n|\r/

export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let rest = ''
  let event = emptyEvent()
  for await (const text of body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
    const lines = (rest + text).split(LINE_END)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (event.lines.length > 0) yield { type: event.type, id: event.id, data: event.lines.join('\n') }
        event = emptyEvent()
      } else readField(line, event)
    }
  }
}

interface PartialEvent {
  type: string
  id: string | null
  lines: string[]
}

const emptyEvent = (): PartialEvent => ({ type: 'message', id: null, lines: [] })

function readField(line: string, event: PartialEvent): void {
  const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? []
  if (name === 'data') event.lines.push(value)
  else if (name === 'event') event.type = value
  else if (name === 'id') event.id = value
}
