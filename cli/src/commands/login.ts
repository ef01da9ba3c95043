import { defineCommand, flag, optional } from '../command.ts'
import { reportOptions } from '../output/output-options.ts'
import { DEFAULT_SERVER } from '../server/server-options.ts'

export const login = defineCommand({
  path: ['login'],
  summary: 'check an API key and keep it for the commands that use a server',
  description: `Asks for an API key, unless SLUICE_API_KEY or --api-key-stdin gives it, checks it at the server and keeps
it in profiles.json under $XDG_CONFIG_HOME/sluice (or ~/.config/sluice), which you alone may read.

A server may have many keys, and you may have many servers: --profile names the login. The last one is used by
every command until \`profiles use\`, --profile or SLUICE_PROFILE names another. SLUICE_SERVER and SLUICE_API_KEY
need no login.`,
  options: {
    server: optional('<url>', `the server’s address; else SLUICE_SERVER, else ${DEFAULT_SERVER}`),
    profile: optional('<name>', 'what to call this login; else SLUICE_PROFILE, else `default`'),
    apiKeyStdin: flag('read the API key from stdin'),
    json: flag('print what the server says of the key as one JSON line'),
    quiet: flag('tell warnings and errors alone'),
  },
  refused_options: {
    'api-key':
      'An API key is not taken from the command line, where the process list and the shell’s history would show it. ' +
      'Pipe it to `sluice login --api-key-stdin` or set SLUICE_API_KEY. If what you typed was the real key, rotate it.',
  },
  examples: [
    'login --server https://sluice.example.com',
    'login --server https://staging.example.com --profile staging',
    'login --api-key-stdin < key.txt',
  ],
  async run(options, terminal) {
    const { logIn } = await import('../profiles/log-in.ts')
    await logIn(options, terminal)
  },
})

export const logout = defineCommand({
  path: ['logout'],
  summary: 'forget a login on this machine',
  description: 'The API key itself goes on working at the server; `sluice api-keys revoke` ends it.',
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
