// What runs in a pod around the program: a POSIX shell script, so that any image with a shell can be used as it is.
//
// Nothing of the program goes to the pod's log, which nodes keep on disk and clusters collect: its streams are named
// pipes that the owner reads and writes by exec. One of them is a lifeline: when the owner lets go of it, because it
// has all that it wants or because it was killed, the program is ended and the pod with it. Only where something is to be
// kept of a killed owner's program does the pod stay for a while, with nothing but its files.

/** Where the volume of the run is mounted. */
export const MOUNT = '/run/sluice'
/** The private directory: mode 0700, of the program's own user. */
export const DIRECTORY = `${MOUNT}/private`
/** Where the Secret is mounted; its files are copied, because programs rewrite theirs. */
export const SECRETS = `${MOUNT}-secrets`
const PIPES = `${MOUNT}/pipes`
/** What is kept for whoever comes after the owner: a note and what was told, and files that say how far it has come. */
const KEPT = `${MOUNT}/kept`
/** The Secret's name for the note; what begins with a dot is no file of the program. */
export const NOTE_KEY = '.note'
/** How long the pod of a killed owner stays for whoever takes what was rotated in it. */
export const BEQUEST_SECONDS = 3600
/** How long it may take from the owner's end until nothing of the program runs. */
const ENDING_SECONDS = 10

export type Pipe = 'stdin' | 'stdout' | 'stderr' | 'result' | 'status' | 'lifeline'

/**
 * Arguments: the mount, the secrets, whether stdin is a pipe, whether there is a result, bounds in kilobytes and seconds,
 * whether the command is whole.
 */
const SCRIPT = `umask 077
trap 'exit 143' TERM
mount=$1 secrets=$2 stdin=$3 result=$4 file_blocks=$5 cpu_seconds=$6 whole=$7; shift 7
pipes=$mount/pipes kept=$mount/kept
mkdir "$mount/private" "$mount/starting" || exit 1
for file in "$secrets"/*; do [ -f "$file" ] && cp "$file" "$mount/private/"; done
chmod 600 "$mount/private"/* 2>/dev/null
mkdir "$kept" || exit 1
[ -f "$secrets/${NOTE_KEY}" ] && cp "$secrets/${NOTE_KEY}" "$kept/note" && chmod 600 "$kept/note"
for name in stdin stdout stderr result status lifeline; do mkfifo "$mount/starting/$name" || exit 1; done
mv "$mount/starting" "$pipes"
ulimit -c 0
[ "$file_blocks" = - ] || ulimit -f "$file_blocks"
[ "$cpu_seconds" = - ] || ulimit -t "$cpu_seconds"
[ "$whole" = yes ] || set -- \${AIRBYTE_ENTRYPOINT:-} "$@"
[ "$stdin" = yes ] && from=$pipes/stdin || from=/dev/null
[ "$result" = yes ] && to=$pipes/result || to=/dev/null
exec 5<"$pipes/lifeline"
: >"$kept/attended"
SLUICE_PROGRAM=$mount "$@" <"$from" >"$pipes/stdout" 2>"$pipes/stderr" 3>"$to" 5<&- & child=$!
echo "$child" >"$pipes/pid"
ending=
trap 'ending=yes; kill -TERM "$child"' TERM
(
  cat <&5 >/dev/null
  : >"$kept/orphaned"
  kill -TERM "$child" 2>/dev/null || exit 0
  for second in 1 2 3 4 5; do sleep 1; kill -0 "$child" 2>/dev/null || exit 0; done
  kill -KILL "$child"
) & lifeline=$!
exec 5<&-
while :; do wait "$child"; code=$?; kill -0 "$child" 2>/dev/null || break; done
echo "$code" >"$pipes/status" &
while :; do wait "$lifeline"; kill -0 "$lifeline" 2>/dev/null || break; done
[ -z "$ending" ] && [ -f "$kept/note" ] || exit "$code"
for process in /proc/[0-9]*; do
  case $(cat "$process/environ") in *"SLUICE_PROGRAM=$mount"*) kill -KILL "\${process#/proc/}" ;; esac
done 2>/dev/null
: >"$kept/left"
trap 'exit "$code"' TERM
[ -z "$ending" ] || exit "$code"
sleep ${BEQUEST_SECONDS} & wait "$!"
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

const ASK_FOR_LEFT = `[ -e "$1/attended" ] || { echo unattended; exit; }
[ -e "$1/orphaned" ] || { echo attended; exit; }
looks=0
while [ $looks -lt ${ENDING_SECONDS * 10} ]; do
  [ -e "$1/left" ] && { echo left; exit; }
  looks=$((looks + 1)); sleep 0.1 2>/dev/null || sleep 1
done
exit 1`

/** What is exec'ed in the pod, beside the script. */
export const COMMANDS = {
  read: (pipe: Pipe) => shell(`${AWAIT_PIPES}; exec cat "$1/$2"`, pipe),
  write: (pipe: Pipe) => shell(`${AWAIT_PIPES}; exec cat >"$1/$2"`, pipe),
  signal: (name: 'TERM' | 'KILL') => shell(`${AWAIT_PIPES}; kill -"$2" "$(cat "$1/pid")"`, name),
  readFile: (file: string) => reading(`${DIRECTORY}/${file}`),
  writeFile: (file: string, bytes: number) => writing(`${DIRECTORY}/${file}`, bytes),
  readKept: (name: 'note' | 'told') => reading(`${KEPT}/${name}`),
  keep: (name: 'note' | 'told', bytes: number) => writing(`${KEPT}/${name}`, bytes),
  /** Tells `unattended` before an owner came, `attended` while it is there, `left` when it went and something is kept. */
  askForLeft: ['/bin/sh', '-c', ASK_FOR_LEFT, 'sh', KEPT],
}

function reading(path: string): string[] {
  return ['/bin/sh', '-c', '[ -f "$1" ] && [ ! -L "$1" ] && exec cat "$1"', 'sh', path]
}

/** Reads exactly so many bytes, because not every API server can end stdin alone. */
function writing(path: string, bytes: number): string[] {
  return ['/bin/sh', '-c', 'umask 077; head -c "$2" >"$1.new" && mv "$1.new" "$1"', 'sh', path, String(bytes)]
}
