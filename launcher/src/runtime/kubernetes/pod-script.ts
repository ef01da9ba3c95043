// What runs in a pod around the program: a POSIX shell script, so that any image with a shell can be used as it is.
//
// Nothing of the program goes to the pod's log, which nodes keep on disk and clusters collect: its streams are named
// pipes that the owner reads and writes by exec. One of them is a lifeline: when the owner lets go of it, because it
// has all that it wants or because it was killed, the program is ended and the pod with it.

/** Where the volume of the run is mounted. */
export const MOUNT = '/run/sluice'
/** The private directory: mode 0700, of the program's own user. */
export const DIRECTORY = `${MOUNT}/private`
/** Where the Secret is mounted; its files are copied, because programs rewrite theirs. */
export const SECRETS = `${MOUNT}-secrets`
const PIPES = `${MOUNT}/pipes`

export type Pipe = 'stdin' | 'stdout' | 'stderr' | 'result' | 'status' | 'lifeline'

/**
 * Arguments: the mount, the secrets, whether stdin is a pipe, whether there is a result, bounds in kilobytes and seconds,
 * whether the command is whole.
 */
const SCRIPT = `umask 077
mount=$1 secrets=$2 stdin=$3 result=$4 file_blocks=$5 cpu_seconds=$6 whole=$7; shift 7
pipes=$mount/pipes
mkdir "$mount/private" "$mount/starting" || exit 1
for file in "$secrets"/*; do [ -f "$file" ] && cp "$file" "$mount/private/"; done
chmod 600 "$mount/private"/* 2>/dev/null
for name in stdin stdout stderr result status lifeline; do mkfifo "$mount/starting/$name" || exit 1; done
mv "$mount/starting" "$pipes"
ulimit -c 0
[ "$file_blocks" = - ] || ulimit -f "$file_blocks"
[ "$cpu_seconds" = - ] || ulimit -t "$cpu_seconds"
[ "$whole" = yes ] || set -- \${AIRBYTE_ENTRYPOINT:-} "$@"
[ "$stdin" = yes ] && from=$pipes/stdin || from=/dev/null
[ "$result" = yes ] && to=$pipes/result || to=/dev/null
"$@" <"$from" >"$pipes/stdout" 2>"$pipes/stderr" 3>"$to" & child=$!
echo "$child" >"$pipes/pid"
trap 'kill -TERM "$child"' TERM
(
  cat "$pipes/lifeline" >/dev/null
  kill -TERM "$child" 2>/dev/null || exit 0
  for second in 1 2 3 4 5; do sleep 1; kill -0 "$child" 2>/dev/null || exit 0; done
  kill -KILL "$child"
) & lifeline=$!
while :; do wait "$child"; code=$?; kill -0 "$child" 2>/dev/null || break; done
echo "$code" >"$pipes/status"
wait "$lifeline"
exit "$code"`

export interface ScriptOptions {
  command: readonly string[]
  stdin: boolean
  result: boolean
  file_bytes: number | undefined
  cpu_seconds: number | undefined
  /** Whether nothing of the image is to be put in front. */
  whole: boolean
}

/** The command of the pod's container. */
export function podCommand({ command, stdin, result, file_bytes, cpu_seconds, whole }: ScriptOptions): string[] {
  const bound = (value: number | undefined) => (value === undefined ? '-' : String(Math.max(1, Math.ceil(value))))
  const yes = (value: boolean) => (value ? 'yes' : 'no')
  const blocks = bound(file_bytes === undefined ? undefined : file_bytes / 512)
  return [
    '/bin/sh',
    '-c',
    SCRIPT,
    'sh',
    MOUNT,
    SECRETS,
    yes(stdin),
    yes(result),
    blocks,
    bound(cpu_seconds),
    yes(whole),
    ...command,
  ]
}

const AWAIT_PIPES = `while [ ! -d "$1" ]; do sleep 0.05 2>/dev/null || sleep 1; done`
const shell = (script: string, ...words: string[]) => ['/bin/sh', '-c', script, 'sh', PIPES, ...words]

/** What is exec'ed in the pod, beside the script. */
export const COMMANDS = {
  read: (pipe: Pipe) => shell(`${AWAIT_PIPES}; exec cat "$1/$2"`, pipe),
  write: (pipe: Pipe) => shell(`${AWAIT_PIPES}; exec cat >"$1/$2"`, pipe),
  signal: (name: 'TERM' | 'KILL') => shell(`${AWAIT_PIPES}; kill -"$2" "$(cat "$1/pid")"`, name),
  readFile: (file: string) => [
    '/bin/sh',
    '-c',
    '[ -f "$1" ] && [ ! -L "$1" ] && exec cat "$1"',
    'sh',
    `${DIRECTORY}/${file}`,
  ],
  /** Reads exactly so many bytes, because not every API server can end stdin alone. */
  writeFile: (file: string, bytes: number) => [
    ...['/bin/sh', '-c', 'umask 077; head -c "$2" >"$1.new" && mv "$1.new" "$1"', 'sh'],
    ...[`${DIRECTORY}/${file}`, String(bytes)],
  ],
}
