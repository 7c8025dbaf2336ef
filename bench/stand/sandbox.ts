/** A sandbox as a process of its own, so that what the networks hold and do is not counted as Clarion's. */
import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'

export type SandboxProcess = { url: string; pid: number; stop: () => Promise<void> }

/**
 * Starts it on a free port; `stop` ends it by its pid. Without `stateFile` it keeps everything in memory. `allow`: hosts it
 * may call although they are private.
 */
export const startSandboxProcess = async (o: {
  stateFile?: string
  allow?: readonly string[]
  /** `rate@origin`: its clock runs faster than the wall. */
  scale?: string
}): Promise<SandboxProcess> => {
  const main = fileURLToPath(new URL('../../src/sandbox/main.ts', import.meta.url))
  const args = [
    '--port',
    '0',
    ...(o.stateFile ? ['--state', o.stateFile] : []),
    ...(o.allow ? ['--allow', o.allow.join(',')] : []),
    ...(o.scale ? ['--scale', o.scale] : []),
  ]
  const child: ChildProcess = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const over = diesWithUs({ pids: [child.pid!] })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve)
    void gone.then(() => reject(new Error('the sandbox ended before it was ready')))
  })
  return {
    url: (JSON.parse(line) as { url: string }).url,
    pid: child.pid!,
    stop: async () => {
      child.kill('SIGTERM')
      await gone
      over()
    },
  }
}
