/**
 * Pictures, seen from Clarion's own process, which never decodes one: looking at a file and making renditions is done by
 * processes of their own. A small file can unpack to hundreds of megabytes and keep a decoder busy for a minute; there it
 * costs neither our memory nor the threads that read our disk, and what goes over its limits is ended with its process.
 *
 * Life of a worker: started -> idle <-> busy -> ended (idle for long, grown large, broken, or killed for its task).
 */
import { type ChildProcess, fork } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'

export type ImageRefusal = 'not-an-image' | 'unsupported' | 'too-large' | 'bomb' | 'broken' | 'cannot-fit'

/** The picture cannot be used; the message is for the person who gave it. */
export class ImageRefused extends Error {
  readonly reason: ImageRefusal
  constructor(reason: ImageRefusal, message: string) {
    super(message)
    this.name = 'ImageRefused'
    this.reason = reason
  }
}

export type InspectLimits = {
  /** Bytes of the file, default 50 MB. */
  maxBytes?: number
  /** Pixels of all pages together, default 120 million (the largest phone cameras make 108). */
  maxPixels?: number
  /** Asked once what is known of the cost and before a pixel is decoded (bytes); decoding waits for it. */
  admit?: (bytes: number) => Promise<void>
}

export type Inspected = {
  mime: string
  /** As a person sees it: the camera's orientation is applied. */
  width: number
  height: number
  /** Frames of an animation, 1 otherwise. */
  pages: number
}

export type RenderLimits = {
  /** MIME types the network takes, best first where it matters. */
  types: readonly string[]
  maxBytes: number
  maxWidth?: number
  maxHeight?: number
  /** Limit of width + height. */
  maxSides?: number
  /** Limits of the shorter and the longer side, whichever way it stands. */
  maxShort?: number
  maxLong?: number
  /** What may go out moving, as it came; absent: nothing. */
  animation?: {
    types: readonly string[]
    maxBytes: number
    maxWidth?: number
    maxHeight?: number
    maxFrames?: number
    maxPixels?: number
  }
}

/** The type by the first bytes, undefined when it is none we take. */
export const sniff = (b: Uint8Array): string | undefined => {
  const ascii = (from: number, to: number) => Buffer.from(b.subarray(from, to)).toString('latin1')
  if (b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff) return 'image/jpeg'
  if (ascii(0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png'
  if (/^GIF8[79]a/.test(ascii(0, 6))) return 'image/gif'
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'image/webp'
  if (ascii(4, 8) === 'ftyp' && /avif|avis/.test(ascii(8, 32))) return 'image/avif'
  return undefined
}

/** A picture that is drawn, of what has none. */
export type Drawing =
  | { of: 'video'; width: number | null; height: number | null; durationMs: number | null }
  | { of: 'document'; label: 'PDF' | 'PPT' | 'DOC'; pages: number | undefined }

/** What a rendition is made of: a file, a picture in memory (a frame of a video), or a drawing. */
export type PictureSource = { path: string } | { bytes: Uint8Array } | Drawing

/** A rendition that lies in the file it was asked to be made into. */
export type Made = { bytes: number; mime: string; width: number; height: number }

/** What a worker is asked. */
export type PictureTask =
  | { do: 'inspect'; path: string; maxBytes?: number; maxPixels?: number }
  | { do: 'render'; source: PictureSource; limits: RenderLimits; into: string }
/** What it says: how many bytes decoding will hold (it waits for `go`), and how it ended. */
export type PictureWord =
  | { needs: number }
  | { seen: Inspected }
  | { made: Made }
  | { refused: ImageRefusal; message: string }
  /** Not the picture's fault; `code` is the system's (`ENOSPC`). */
  | { broke: string; code?: string }

/**
 * Bytes that all decoding together may hold at once; a picture that needs more alone is refused. An 8-bit picture of 60
 * million pixels fits even when it is interlaced.
 */
export const maxDecoded = 256_000_000
/** Resident bytes of a worker: above, its task has fooled the estimate and is ended. */
const maxResident = 640_000_000
/** Resident bytes above which an idle worker is not kept. */
const maxIdle = 150_000_000
/** ms a task may take, its turn to decode not counted. A rendition is encoded up to a dozen times. */
const maxMs = { inspect: 30_000, render: 180_000 }
/** Workers: as many pictures at once. */
const most = 2
/** ms an idle worker stays. */
const idleMs = 60_000
/** ms between two looks at a busy worker's memory. */
const lookMs = 50

type Worker = { child: ChildProcess; rest?: NodeJS.Timeout }

const idle: Worker[] = []
const waiting: ((worker: Worker) => void)[] = []
let alive = 0
let decoding = 0
const turns: { needs: number; go: () => void }[] = []

/** Gives out decoding in the order it was asked for, as far as the budget reaches. */
const giveTurns = () => {
  for (let next = turns[0]; next && decoding + next.needs <= maxDecoded; next = turns[0]) {
    turns.shift()
    decoding += next.needs
    next.go()
  }
}

const program = fileURLToPath(new URL('./picture-process.ts', import.meta.url))

const start = (): Worker => {
  alive++
  const child = fork(program, [], {
    // It knows nothing of our environment, where secrets may be. One arena: what was decoded goes back to the system.
    env: { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE: '2' },
    execArgv: ['--max-old-space-size=192'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const worker: Worker = { child }
  child.once('exit', () => {
    alive--
    clearTimeout(worker.rest)
    const at = idle.indexOf(worker)
    if (at >= 0) idle.splice(at, 1)
    const next = waiting.shift()
    if (next) next(start())
  })
  child.once('spawn', () => {
    try {
      // Posts go out first.
      setPriority(child.pid!, 5)
    } catch {
      // It may be over already.
    }
  })
  keepAlive(worker, false)
  return worker
}

/** An idle worker must not keep our process from ending; it ends by itself when we are gone. */
const keepAlive = ({ child }: Worker, yes: boolean) => {
  const what = yes ? 'ref' : 'unref'
  child[what]()
  child.channel?.[what]()
  ;(child.stderr as unknown as { ref: () => void; unref: () => void } | null)?.[what]()
}

const take = async (): Promise<Worker> => {
  const found = idle.findLast((w) => w.child.connected)
  if (found) idle.splice(idle.indexOf(found), 1)
  if (found) clearTimeout(found.rest)
  return found ?? (alive < most ? start() : new Promise((resolve) => waiting.push(resolve)))
}

/** Resident bytes; null where there is no /proc: then the budget and the clock alone hold it. */
const resident = async (pid: number | undefined): Promise<number | null> => {
  const text = await readFile(`/proc/${pid}/statm`, 'latin1').catch(() => null)
  return text === null ? null : Number(text.split(' ')[1]) * 4096
}

const rest = (worker: Worker): void => {
  worker.rest = setTimeout(() => worker.child.kill('SIGKILL'), idleMs)
  worker.rest.unref()
  idle.push(worker)
}

const giveBack = async (worker: Worker): Promise<void> => {
  keepAlive(worker, false)
  const { child } = worker
  // On its way out: its exit makes room for the next one.
  if (child.killed || !child.connected) return
  if (((await resident(child.pid)) ?? 0) > maxIdle) return void child.kill('SIGKILL')
  if (!child.connected) return
  const next = waiting.shift()
  if (next) next(worker)
  else rest(worker)
}

const tooMuch = () =>
  new ImageRefused('bomb', 'The picture needs too much memory to be unpacked. Export it again, smaller.')
const tooLong = () => new ImageRefused('broken', 'The picture takes too long to be read. Export it again.')

/** One task on one worker, which may be gone afterwards; null: it was gone before it said anything. */
const run = (
  worker: Worker,
  task: PictureTask,
  limits: { ms: number; residentBytes: number },
): Promise<PictureWord | null> =>
  new Promise((resolve, reject) => {
    const { child } = worker
    let held = 0
    let turn: (typeof turns)[number] | undefined
    let said = ''
    let spoke = false
    let why: ImageRefused | undefined
    const end = (because: ImageRefused) => {
      why ??= because
      child.kill('SIGKILL')
    }
    let done = false
    let left = limits.ms
    const timer = setInterval(async () => {
      // While it waits for its turn its time stands still.
      if (!turn) left -= lookMs
      if (left <= 0) end(tooLong())
      else if (((await resident(child.pid)) ?? 0) > limits.residentBytes && !done) end(tooMuch())
    }, lookMs)
    const over = (settle: () => void) => {
      if (done) return
      done = true
      clearInterval(timer)
      child.off('message', hear).off('error', fail).off('exit', gone)
      child.stderr?.off('data', listen)
      if (turn) turns.splice(turns.indexOf(turn), 1)
      decoding -= held
      giveTurns()
      settle()
    }
    const hear = (word: PictureWord) => {
      spoke = true
      if (!('needs' in word)) return over(() => resolve(word))
      const needs = Math.min(word.needs, maxDecoded)
      turn = {
        needs,
        go: () => {
          turn = undefined
          held = needs
          child.send('go')
        },
      }
      turns.push(turn)
      giveTurns()
    }
    const fail = (error: Error) => over(() => reject(error))
    const gone = (code: number | null, signal: NodeJS.Signals | null) =>
      over(() => {
        if (why) return reject(why)
        if (!spoke) return resolve(null)
        // A decoder that falls over a file takes its process with it, and nothing else.
        if (signal !== null) return reject(new ImageRefused('broken', 'The picture cannot be read. Export it again.'))
        reject(new Error(`the picture process ended with ${code}: ${said}`))
      })
    const listen = (text: Buffer) => {
      said = (said + text.toString('utf8')).slice(-2_000)
    }
    child.on('message', hear).once('error', fail).once('exit', gone)
    child.stderr?.on('data', listen)
    // A closed channel is a worker on its way out, like an exit before a word.
    child.send(task, (error) => error && over(() => (spoke ? reject(error) : resolve(null))))
  })

const ask = async (task: PictureTask, o: TaskLimits, again = true): Promise<PictureWord> => {
  const worker = await take()
  keepAlive(worker, true)
  try {
    const word = await run(worker, task, { ms: o.ms ?? maxMs[task.do], residentBytes: o.residentBytes ?? maxResident })
    // It may have ended while it was idle; a file that ends two is to blame.
    if (word === null && again) return await ask(task, o, false)
    if (word === null) throw new ImageRefused('broken', 'The picture cannot be read. Export it again.')
    if ('refused' in word) throw new ImageRefused(word.refused, word.message)
    if ('broke' in word) throw Object.assign(new Error(`the picture process broke: ${word.broke}`), { code: word.code })
    return word
  } finally {
    void giveBack(worker)
  }
}

/** Smaller limits than ours, for tests. */
export type TaskLimits = { ms?: number; residentBytes?: number }

/** Starts a worker, so that it is there when the file has come in. */
export const expectPicture = (): void => {
  if (idle.length === 0 && alive < most) rest(start())
}

/**
 * What the picture at `path` is; it was decoded once, so it is whole.
 * @throws ImageRefused.
 */
export const inspectPicture = async (
  path: string,
  o: Pick<InspectLimits, 'maxBytes' | 'maxPixels'> & TaskLimits = {},
): Promise<Inspected> => {
  const { maxBytes, maxPixels } = o
  const word = await ask({ do: 'inspect', path, maxBytes, maxPixels }, o)
  return (word as { seen: Inspected }).seen
}

/**
 * Makes a rendition within the limits (see `renderImage`) and writes it to the file `into`, whole or not at all.
 * @throws ImageRefused.
 */
export const renderPicture = async (
  source: PictureSource,
  limits: RenderLimits,
  into: string,
  o: TaskLimits = {},
): Promise<Made> => {
  const word = await ask({ do: 'render', source, limits, into }, o)
  return (word as { made: Made }).made
}
