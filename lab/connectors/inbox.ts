// Where the lab's destinations bring documents: an address that takes JSON lines by POST, a path for each stream.

const FLUSH_CHARACTERS = 1024 * 1024

export interface Inbox {
  put(stream: string, document: unknown): Promise<void>
  /** Settles when all that was put has been taken. */
  flush(): Promise<void>
}

/** @throws Error, from either function, when the address does not take what it is brought */
export function openInbox(address: string): Inbox {
  const held = new Map<string, string>()
  const bring = async (stream: string) => {
    const body = held.get(stream)
    if (!body) return
    held.delete(stream)
    const url = `${address.replace(/\/$/, '')}/${encodeURIComponent(stream)}`
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body })
    if (!response.ok) throw new Error(`The inbox answered ${response.status}. Check the address.`)
  }
  return {
    async put(stream, document) {
      const body = `${held.get(stream) ?? ''}${JSON.stringify(document)}\n`
      held.set(stream, body)
      if (body.length > FLUSH_CHARACTERS) await bring(stream)
    },
    async flush() {
      for (const stream of held.keys()) await bring(stream)
    },
  }
}
