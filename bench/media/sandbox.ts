/** A sandbox as a process of its own, so that what the networks hold is not counted as Clarion's memory. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Starts it on a free port with its files in `dir`; `stop` ends it by its pid. */
export const startSandboxProcess = async (dir: string): Promise<{ url: string; stop: () => Promise<void> }> => {
  const main = fileURLToPath(new URL('../../src/sandbox/main.ts', import.meta.url))
  const child: ChildProcess = spawn(
    process.execPath,
    [main, '--port', '0', '--state', join(dir, 'sandbox.json'), '--allow', '127.0.0.1,localhost'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve)
    void gone.then(() => reject(new Error('the sandbox ended before it was ready')))
  })
  return {
    url: (JSON.parse(line) as { url: string }).url,
    stop: async () => {
      child.kill('SIGTERM')
      await gone
    },
  }
}
