/** The address when it is one of the web, else undefined: what a connector or a caller declares may be `javascript:`. */
export function webAddress(address: string | null): string | undefined {
  if (address === null || !URL.canParse(address)) return undefined
  return ['https:', 'http:'].includes(new URL(address).protocol) ? address : undefined
}
