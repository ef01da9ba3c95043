import { COMMANDS, GROUPS } from '../commands/index.ts'
import { printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { bashScript } from './bash-script.ts'
import { fishScript } from './fish-script.ts'
import { completedCommands } from './words.ts'
import { zshScript } from './zsh-script.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

export async function printCompletion(shell: Shell, { json }: { json: boolean }, terminal: Terminal): Promise<void> {
  const commands = completedCommands(COMMANDS)
  const script = { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands, GROUPS)
  await terminal.print(json ? printableJson({ shell, script }) : script.trimEnd())
}
