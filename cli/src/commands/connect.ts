import { defineCommand, flag, negatedFlag, optional, optionalOperand, repeatable } from '../command.ts'
import { duration } from '../option-values.ts'
import { outputOptions } from '../output/output-options.ts'
import { serverOptions } from '../server/server-options.ts'

/** Of `connect` and `connections repair`. */
export const invitationOptions = {
  scope: repeatable('<scope>', 'a scope that must be granted; may be given several times'),
  expiresIn: optional('<duration>', 'how long the link works, such as 1h', { parse: duration }),
  timeout: optional('<duration>', 'how long to wait; the link’s life unless given', { parse: duration }),
  wait: negatedFlag('print the link and do not wait'),
  qr: negatedFlag('print no QR code'),
  open: flag('open the link in the browser here'),
  ...outputOptions,
  ...serverOptions,
}

export const connect = defineCommand({
  path: ['connect'],
  summary: 'invite a person to connect a source, and wait until it is done',
  description: `Makes a connect session, shows its link, QR code and code for another device, and waits until the person is done.
Prints the connection then; ends with 5 when the link was cancelled, with 7 when nobody followed it in time.

With --connection it repairs a connection in place: its id stays. The API key needs the scope
connect_sessions:write.`,
  options: {
    connector: optionalOperand('[connector]', 'the connector, as `connectors list` prints it'),
    connection: optional('<id>', 'repair this connection instead'),
    integration: optional('<id>', 'the integration to use, where there are several'),
    user: optional('<id>', 'who the person is in your product'),
    email: optional('<address>', 'the person’s email address; also their id unless --user is given'),
    ...invitationOptions,
  },
  examples: [
    'connect source-lab',
    'connect source-lab --email ada@example.com --quiet',
    'connect source-lab --no-wait | mail -s "Please connect" ada@example.com',
    'connect --connection 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40',
  ],
  async run(options, terminal) {
    const { connect } = await import('../daily/connect/connect.ts')
    await connect(options, terminal)
  },
})
