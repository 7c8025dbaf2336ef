/** Starts a Clarion of its own as a child process and stops it by its pid. */
import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

export type Started = {
  url: string
  pid: number
  stop: () => Promise<void>
  /** Resolves when it has ended, however, with how and the last it printed. */
  ended: Promise<string>
}

/** Resolves when it is ready. Throws with what it printed when it ends before. */
export const startClarion = async (o: {
  dataDir: string
  port: number
  env?: Record<string, string>
  /** Default: everything in one process. */
  role?: 'api' | 'worker'
  onProgress?: (line: string) => void
  onStart?: (pid: number) => void
}): Promise<Started> => {
  const main = fileURLToPath(new URL('../../src/server/main.ts', import.meta.url))
  const env = { ...process.env, CLARION_LOG: 'warn', ...o.env }
  const child: ChildProcess = spawn(
    process.execPath,
    [main, '--data', o.dataDir, '--port', String(o.port), '--host', '127.0.0.1', ...(o.role ? ['--role', o.role] : [])],
    { env, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  if (child.pid) o.onStart?.(child.pid)
  let printed = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (d: Buffer) => (printed = (printed + d).slice(-8_000)))
  const gone = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal)),
  )
  const ended = gone.then((how) => `Clarion ended with ${how}:\n${printed}`)
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await gone
  }
  const url = `http://127.0.0.1:${o.port}`
  for (;;) {
    const early = await Promise.race([ended, new Promise<null>((r) => setTimeout(() => r(null), 50))])
    if (early) throw new Error(early)
    const res = await fetch(`${url}/health/ready`).catch(() => null)
    if (res?.ok) return { url, pid: child.pid!, stop, ended }
    const waiting = res ? ((await res.json().catch(() => null)) as { detail?: string } | null) : null
    if (waiting?.detail) o.onProgress?.(waiting.detail)
  }
}
