import { defaulted, defineCommand, flag, negatedFlag, optional } from '../command.ts'
import { duration, port } from '../option-values.ts'
import { recipientOptions } from './recipient-options.ts'
import { configOption, taskOptions } from './task-options.ts'

export const rawOauth = defineCommand({
  path: ['raw', 'oauth'],
  summary: 'authorize a source in the browser and print its credentials',
  description: `Asks the connector for its OAuth spec, sends you to the provider's consent page, waits on a loopback
address for the answer, exchanges the code (with PKCE when the spec uses it) and prints the mapped response
as it would stand in the config's \`credentials\`. Secrets are redacted unless --show-secrets is given; --write puts
them into the config's file, encrypted.

The client id and secret are taken from --client-id with --client-secret-stdin or --client-secret-file, then from
the file that \`oauthClient\` in the flow.yaml names, then from SLUICE_CLIENT_ID and SLUICE_CLIENT_SECRET; what is
still missing is asked for on a terminal. The redirect URI must be registered with the provider.

Where the browser is on another machine, the redirect leads nowhere there: paste its address at the prompt, or by
--paste. --device needs no redirect at all, where the provider offers it.

With --server a running server does all of this by its own pages, and keeps the connection, which is printed. With
--show-secrets its fresh credentials are printed instead; --write takes the grant over into the config's file, and the
server refreshes it no more.`,
  options: {
    ...taskOptions,
    ...configOption,
    clientId: optional('<id>', 'the client id registered at the provider'),
    clientSecretStdin: flag('read the client secret from stdin'),
    clientSecretFile: optional('<file>', 'read the client secret from a file that holds nothing else'),
    issuer: optional('<url>', 'the provider’s issuer identifier: what its metadata offers is used'),
    port: defaulted('<number>', 'port of the redirect URI; 0 takes a free one', { parse: port, default: 16963 }),
    redirectHost: defaulted('<host>', 'host of the redirect URI, such as 127.0.0.1 where localhost is refused', {
      parse: (text) => text,
      default: 'localhost',
    }),
    redirectUri: optional('<uri>', 'the whole redirect URI, of a tunnel that leads to the port on this machine'),
    timeout: defaulted('<duration>', 'how long to wait for the answer', {
      parse: duration,
      default: 5 * 60_000,
      default_text: '5m',
    }),
    paste: flag('listen nowhere; read the redirected address from the terminal or stdin'),
    device: flag('authorize by a code that is typed on any other device'),
    open: negatedFlag('print the address, but do not open the browser'),
    write: flag('write the credentials into the config’s file, encrypted as it is or for the recipients'),
    ...recipientOptions,
    plain: flag('with --write: leave the file in clear'),
    server: optional('<url>', 'have this running server make a connection instead; the login or SLUICE_API_KEY'),
    profile: optional('<name>', 'with --server: the login to use'),
    integration: optional('<id>', 'with --server: the client registration, when the connector has several'),
    showSecrets: flag('print the secrets as they are'),
    json: flag('print one JSON object'),
    quiet: flag('tell the address to open, warnings and errors alone'),
  },
  refused_options: {
    'client-secret':
      'A client secret is not taken from the command line, where the process list and the shell’s history would show it. ' +
      'Pipe it to --client-secret-stdin, set SLUICE_CLIENT_SECRET, or name a file by `oauthClient` in the flow.yaml. ' +
      'If what you typed was the real secret, clear it from the shell’s history.',
  },
  examples: [
    'raw oauth --source flow.yaml',
    'raw oauth --source flow.yaml --task acme/source-crm --config staging.yaml',
    'raw oauth --source flow.yaml --show-secrets --json > creds.json',
    'raw oauth --source flow.yaml --client-id my-client --client-secret-stdin < secret.txt',
    'raw oauth --source flow.yaml --redirect-uri https://my-tunnel.example/callback',
    'raw oauth --source flow.yaml --write --age age1…',
    'raw oauth --source flow.yaml --device --issuer https://accounts.example.com',
    'raw oauth --source flow.yaml --server https://sluice.example.com',
  ],
  async run(options, terminal) {
    if (options.server !== undefined) {
      const { authorizeAtServer } = await import('../authorization/authorize-at-server.ts')
      return await authorizeAtServer({ ...options, server: options.server }, terminal)
    }
    const { authorize } = await import('../authorization/authorize.ts')
    await authorize(options, terminal)
  },
})
