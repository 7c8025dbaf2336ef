/** For tests and benchmarks: a database server whose starter is killed goes with it, where a person's is left to be adopted. */
import { spawn } from 'node:child_process'

/**
 * Reads until the pipe from us closes, which the kernel does however we end. `over` means that we stopped by ourselves.
 * A pid is believed only while its working folder is the data folder, as that of every PostgreSQL process is.
 */
const script = `
read -r word
[ "$word" = over ] && exit 0
data=$1 folder=$2
shift 2
for p in "$@"; do kill -9 "$p"; done
server() {
  p=$(head -n 1 "$data/postmaster.pid") || return 1
  [ "$(readlink "/proc/$p/cwd")" = "$(readlink -f "$data")" ]
}
for signal in INT QUIT KILL; do
  server || break
  kill -s $signal "$p"
  n=0
  while server && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
done
[ -n "$folder" ] && rm -rf "$folder"
`

/**
 * Ends the PostgreSQL server of `pgdata` (and `pids`), then removes `folder`, when this process dies without calling what
 * it gives back. The server may start later or start again: the folder is asked at the end. Linux only, as the tests are.
 */
export const diesWithUs = (o: { pgdata?: string; folder?: string; pids?: readonly number[] }): (() => void) => {
  // A session of its own: whoever kills our whole group must not kill the one that cleans up after it.
  const child = spawn('/bin/sh', ['-c', script, 'sh', o.pgdata ?? '', o.folder ?? '', ...(o.pids ?? []).map(String)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.on('error', () => undefined)
  child.stdin.on('error', () => undefined)
  child.unref()
  ;(child.stdin as unknown as { unref: () => void }).unref()
  return () => void child.stdin.end('over\n')
}
