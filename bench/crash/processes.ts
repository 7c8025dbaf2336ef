/** Starting, steering and ending worker processes. Every process is ended by its own pid. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { FromWorker, ToWorker, WorkerSettings } from './protocol.ts'

const script = fileURLToPath(new URL('./worker.ts', import.meta.url))

export type Worker = {
  pid: number
  name: string
  alive: () => boolean
  say: (m: ToWorker) => void
  /** Resolves with the next message of that kind; rejects when the process ends first. */
  hear: <K extends FromWorker['say']>(say: K) => Promise<Extract<FromWorker, { say: K }>>
  signal: (s: NodeJS.Signals) => void
  gone: Promise<void>
}

/** Starts one; resolves when it has its house open. */
export const startWorker = async (settings: WorkerSettings): Promise<Worker> => {
  const child: ChildProcess = fork(script, [JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const worker: Worker = {
    pid: child.pid!,
    name: settings.name,
    alive: () => child.exitCode === null && child.signalCode === null,
    say: (m) => child.connected && child.send(m, () => undefined),
    hear: (say) =>
      new Promise((resolve, reject) => {
        const on = (m: FromWorker) => {
          if (m.say !== say) return
          child.off('message', on)
          resolve(m as never)
        }
        child.on('message', on)
        void gone.then(() => reject(new Error(`worker ${child.pid} ended before it said "${say}"`)))
      }),
    signal: (s) => void (child.exitCode === null && child.signalCode === null && process.kill(child.pid!, s)),
    gone,
  }
  await worker.hear('ready')
  return worker
}

export const endWorker = async (w: Worker): Promise<void> => {
  w.signal('SIGKILL')
  await w.gone
}
