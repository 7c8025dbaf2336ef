/** Starts worker processes of the keeper tests, follows what they say, and kills them for real. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { WorkerOrder } from './worker.ts'

export type Line = { at: string; generation?: number; access?: string; failure?: string; count?: number }
export type Hand = {
  /** Resolves with the first line of that kind; rejects with what the process wrote when it ends without one. */
  until: (at: string) => Promise<Line>
  go: () => void
  /** SIGKILL, and gone. */
  kill: () => Promise<void>
}

const script = fileURLToPath(new URL('./worker.ts', import.meta.url))

export const worker = (order: WorkerOrder): Hand => {
  const child = spawn(process.execPath, [script, JSON.stringify(order)], { stdio: ['pipe', 'pipe', 'pipe'] })
  const lines: Line[] = []
  const waiting: { at: string; tell: (line: Line) => void; fail: (error: Error) => void }[] = []
  let errors = ''
  child.stderr.on('data', (d: Buffer) => (errors += d.toString()))
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line
    lines.push(line)
    for (const w of waiting) if (w.at === line.at) w.tell(line)
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  void ended.then(() => {
    for (const w of waiting) w.fail(new Error(`the worker ended without "${w.at}": ${JSON.stringify(lines)} ${errors}`))
  })
  // A worker that died leaves its pipe: writing to it is no error of the test.
  child.stdin.on('error', () => undefined)
  return {
    until: (at) => {
      const said = lines.find((l) => l.at === at)
      return said ? Promise.resolve(said) : new Promise((tell, fail) => void waiting.push({ at, tell, fail }))
    },
    go: () => void child.stdin.write('go\n'),
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
