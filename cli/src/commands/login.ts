import { defaulted, defineCommand, flag, negatedFlag, optional, repeatable } from '../command.ts'
import { days, duration } from '../option-values.ts'
import { reportOptions } from '../output/output-options.ts'
import { DEFAULT_SERVER } from '../server/server-options.ts'

export const login = defineCommand({
  path: ['login'],
  summary: 'obtain a key for this machine by the browser, and keep it for the commands that use a server',
  description: `Opens the server's console, where you sign in and allow this machine a key of its own. It comes back here by a
loopback address, expires after --expires-in, is listed by \`api-keys list\`, and \`logout\` revokes it. It may do what
you may, or less by --scope. Without a browser here, --device shows a code to enter in the console elsewhere.

A key that you have already is taken from --api-key-stdin or SLUICE_API_KEY, and checked at the server. Logins are kept
in profiles.json under $XDG_CONFIG_HOME/sluice (or ~/.config/sluice), which you alone may read.

You may have many servers: --profile names the login. The last one is used by every command until \`profiles use\`,
--profile or SLUICE_PROFILE names another. SLUICE_SERVER and SLUICE_API_KEY need no login.`,
  options: {
    server: optional('<url>', `the server’s address; else SLUICE_SERVER, else ${DEFAULT_SERVER}`),
    profile: optional('<name>', 'what to call this login; else SLUICE_PROFILE, else `default`'),
    device: flag('show a code to enter in the console on any device'),
    scope: repeatable('<scope>', 'what the key may do, such as connections:read; else all that you may'),
    expiresIn: defaulted('<duration>', 'for how many days the key is good', {
      parse: days,
      default: 30 * 86_400_000,
      default_text: '30d',
    }),
    timeout: defaulted('<duration>', 'how long to wait for you', {
      parse: duration,
      default: 10 * 60_000,
      default_text: '10m',
    }),
    open: negatedFlag('print the address, but do not open the browser'),
    apiKeyStdin: flag('read an API key from stdin; on a terminal, ask for it'),
    json: flag('print what the server says of the key as one JSON line'),
    quiet: flag('tell the address to open, warnings and errors alone'),
  },
  refused_options: {
    'api-key':
      'An API key is not taken from the command line, where the process list and the shell’s history would show it. ' +
      'Pipe it to `sluice login --api-key-stdin` or set SLUICE_API_KEY. If what you typed was the real key, rotate it.',
  },
  examples: [
    'login --server https://sluice.example.com',
    'login --server https://staging.example.com --profile staging --scope connections:read,runs:write',
    'login --device',
    'login --api-key-stdin < key.txt',
  ],
  async run(options, terminal) {
    const { logIn } = await import('../profiles/log-in.ts')
    await logIn(options, terminal)
  },
})

export const logout = defineCommand({
  path: ['logout'],
  summary: 'forget a login on this machine, and revoke the key that `login` made for it',
  description: `A key that you brought by --api-key-stdin or SLUICE_API_KEY goes on working at the server; \`sluice api-keys revoke\`
ends it.`,
  options: {
    profile: optional('<name>', 'the login; else SLUICE_PROFILE, else the current one'),
    all: flag('forget every login'),
    ...reportOptions,
  },
  examples: ['logout', 'logout --profile staging', 'logout --all'],
  async run(options, terminal) {
    const { logOut } = await import('../profiles/log-out.ts')
    await logOut(options, terminal)
  },
})
