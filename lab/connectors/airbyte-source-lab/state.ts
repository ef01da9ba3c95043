// The three kinds of state that Airbyte's protocol knows: one message a stream, one for all, and the old bare object.

export type StateKind = 'stream' | 'global' | 'legacy'

interface Cursor {
  updated_at?: string
}

type StateFile =
  | { type?: string; stream?: { stream_descriptor: { name: string }; stream_state?: Cursor } }[]
  | Record<string, Cursor>

/** @param given what `--state` held */
export function openState(kind: StateKind, given: unknown) {
  const cursors = new Map<string, Cursor>(Object.entries(read(given as StateFile | null)))
  const all = () => Object.fromEntries(cursors)
  return {
    cursor: (stream: string) => cursors.get(stream)?.updated_at ?? null,
    advance(stream: string, updated_at: string) {
      cursors.set(stream, { updated_at })
    },
    message(stream: string, recordCount: number) {
      const sourceStats = { recordCount }
      const stream_descriptor = { name: stream }
      if (kind === 'legacy') return { data: all() }
      if (kind === 'stream') {
        return { type: 'STREAM', stream: { stream_descriptor, stream_state: cursors.get(stream) }, sourceStats }
      }
      const stream_states = [...cursors].map(([name, stream_state]) => ({ stream_descriptor: { name }, stream_state }))
      return { type: 'GLOBAL', global: { shared_state: { seen: cursors.size }, stream_states }, sourceStats }
    },
  }
}

function read(given: StateFile | null): Record<string, Cursor> {
  if (given === null) return {}
  if (!Array.isArray(given)) return given
  const streams = given.flatMap((message) => {
    const { global } = message as { global?: { stream_states: NonNullable<typeof message.stream>[] } }
    return global ? global.stream_states : message.stream ? [message.stream] : []
  })
  return Object.fromEntries(
    streams.map(({ stream_descriptor, stream_state }) => [stream_descriptor.name, stream_state ?? {}]),
  )
}
