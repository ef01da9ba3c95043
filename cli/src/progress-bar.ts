const WIDTH = 30

/** `███░░░  10 %`. @param share of the whole, from 0 to 1 */
export function progressBar(share: number): string {
  const filled = Math.min(WIDTH, Math.round(share * WIDTH))
  const percent = Math.min(100, Math.floor(share * 100))
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${String(percent).padStart(3)} %`
}
