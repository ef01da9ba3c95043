/** The same preview by API, for a shell that has the key in `SLUICE_API_KEY`. */
export function previewCommand(origin: string, connectionId: string): string {
  const body = JSON.stringify({ connection_id: connectionId, operation: 'preview' })
  return [
    `curl -X POST '${origin}/v1/runs?wait=60'`,
    '-H "Authorization: Bearer $SLUICE_API_KEY"',
    "-H 'Content-Type: application/json'",
    `-d '${body}'`,
  ].join(' \\\n  ')
}
