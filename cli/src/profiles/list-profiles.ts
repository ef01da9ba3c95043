import type { OutputOptions, ReportOptions } from '../output/output-options.ts'
import { printRecords } from '../output/print-records.ts'
import { report } from '../output/report.ts'
import type { Terminal } from '../terminal.ts'
import { unknownProfile } from './choose-login.ts'
import { readProfiles, writeProfiles } from './profile-file.ts'

/** Prints the logins of this machine, without their keys. */
export async function listProfiles(options: OutputOptions, terminal: Terminal): Promise<void> {
  const { current, profiles } = readProfiles(terminal.env)
  const rows = Object.entries(profiles).map(([name, { server }]) => ({ id: name, server, current: name === current }))
  await printRecords(rows, {
    columns: [
      { title: 'NAME', of: ({ id }) => id },
      { title: 'SERVER', of: ({ server }) => server },
      { title: 'CURRENT', of: ({ current }) => (current ? 'yes' : '') },
    ],
    options,
    terminal,
    nothing: 'There are no logins. Run: sluice login',
    presented: ({ id, ...row }) => ({ name: id, ...row }),
  })
}

/** Makes a login the one that is used where none is named. */
export async function chooseProfile({ name, json }: { name: string } & ReportOptions, terminal: Terminal) {
  const { profiles } = readProfiles(terminal.env)
  if (profiles[name] === undefined) throw unknownProfile(name, Object.keys(profiles))
  writeProfiles(terminal.env, { current: name, profiles })
  const { server } = profiles[name]
  await report({ name, server, current: true }, `From now on: “${name}”, ${server}.`, { json }, terminal)
}
