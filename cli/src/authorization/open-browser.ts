import type { Terminal } from '../terminal.ts'

/** Opens the browser where a person sees it; says so when that fails. The address has been printed before. */
export async function openBrowser(url: string, terminal: Terminal): Promise<void> {
  if (!terminal.is_watched || !hasDisplay(terminal.env)) return
  try {
    const { default: open } = await import('open')
    const child = await open(url)
    child.once('error', () => {})
    terminal.note('Opening it in the browser …')
  } catch {
    terminal.tell('The browser could not be opened; open the address yourself.')
  }
}

function hasDisplay(env: NodeJS.ProcessEnv): boolean {
  if (env.SSH_CONNECTION) return false
  if (process.platform !== 'linux') return true
  return Boolean(env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME)
}
