/**
 * The sandbox's memory: one plain JSON document and a folder of blobs beside it, so that sandbox channels live on when
 * Clarion restarts. Without a file everything is in memory. Saves are debounced and written whole (temporary file, then
 * rename): a crash leaves the old document or the new one. Writing blocks everybody else in this process, and takes ever
 * longer as posts pile up; so it never takes more than a twentieth of the time. A kill -9 may lose what came since: a
 * tenth of a second, or some seconds of a large state; whoever needs a network that outlives its client runs
 * `src/sandbox/main.ts` as its own process.
 */
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Fault } from './faults.ts'

const VERSION = 1
const SAVE_AFTER_MS = 100
/** A save waits this many times as long as the last one took, at most `SAVE_AT_LEAST_MS`. */
const REST = 20
const SAVE_AT_LEAST_MS = 5_000

export type SandboxState = {
  version: number
  /** What the desk added to the injected clock (ms). */
  offsetMs: number
  /** How many random words were drawn: a seeded sandbox goes on where it stopped. */
  draws: number
  nextFault: number
  faults: Fault[]
  knobs: Record<string, Record<string, number>>
  /** One network each, as its imitation keeps it. */
  networks: Record<string, unknown>
  /** Where each network's webhooks go. */
  webhooks: Record<string, string>
  /** MIME types of the blobs in the folder. */
  blobs: Record<string, string>
}

const fresh = (): SandboxState => ({
  version: VERSION,
  offsetMs: 0,
  draws: 0,
  nextFault: 1,
  faults: [],
  knobs: {},
  networks: {},
  webhooks: {},
  blobs: {},
})

export type Memory = {
  state: SandboxState
  changed: () => void
  putBlob: (bytes: Buffer, mime: string) => string
  getBlob: (key: string) => { bytes: Buffer; mime: string } | undefined
  /** Forgets everything, blobs too. */
  clear: () => void
  /** Writes what is not yet written. */
  flush: () => void
}

const blobFolder = (file: string) => `${file.replace(/\.json$/, '')}-blobs`

/** Tokens and secrets lie here: nobody else on the machine reads them. */
const folderOf = (path: string) => mkdirSync(path, { recursive: true, mode: 0o700 })

/** Opens the memory; an unreadable or newer file is an error that names it, never overwritten. */
export const openMemory = (file?: string): Memory => {
  const folder = file ? blobFolder(file) : undefined
  const cache = new Map<string, Buffer>()
  let timer: NodeJS.Timeout | undefined
  let dirty = false
  let rest = 0

  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (!file || !dirty) return
    dirty = false
    const begun = performance.now()
    folderOf(dirname(file))
    writeFileSync(`${file}.new`, JSON.stringify(memory.state), { mode: 0o600 })
    renameSync(`${file}.new`, file)
    rest = Math.min((performance.now() - begun) * REST, SAVE_AT_LEAST_MS)
  }

  const memory: Memory = {
    state: file && existsSync(file) ? load(file) : fresh(),
    changed: () => {
      dirty = true
      if (!file || timer) return
      timer = setTimeout(flush, Math.max(SAVE_AFTER_MS, rest))
      timer.unref()
    },
    putBlob: (bytes, mime) => {
      const key = createHash('sha256').update(bytes).digest('hex')
      const known = Object.hasOwn(memory.state.blobs, key)
      memory.state.blobs[key] = mime
      if (folder && !known) {
        folderOf(folder)
        writeFileSync(join(folder, key), bytes, { mode: 0o600 })
      }
      if (!folder) cache.set(key, Buffer.from(bytes))
      memory.changed()
      return key
    },
    getBlob: (key) => {
      const mime = Object.hasOwn(memory.state.blobs, key) ? memory.state.blobs[key] : undefined
      if (mime === undefined) return undefined
      const bytes = folder ? readFileSync(join(folder, key)) : cache.get(key)
      return bytes && { bytes, mime }
    },
    clear: () => {
      memory.state = fresh()
      cache.clear()
      if (folder) rmSync(folder, { recursive: true, force: true })
      memory.changed()
    },
    flush,
  }
  return memory
}

/** App secrets as the first files had them, the same in every installation: replaced by ones of this installation. */
const common = [
  'sandbox-facebook-app-secret-5b1f',
  'sandbox-meta-secret-for-instagram-8c1d4f',
  'sandbox-instagram-secret-5e9a7b20',
  'WPL_AP1.sandboxPages7Kq2.mZr4Tg==',
  'WPL_AP1.sandboxSelf3Nv8.pXw1Bh==',
  'sandbox-pinterest-secret-9f3c61ad77b04e25',
  'sandbox-reddit-secret-4b81f0c27de956',
  'sandbox-threads-secret-3b7e91c4',
  'sandbox-tiktok-secret-8Jq2WnXe5Rz',
  'sandbox-x-secret-4mVq8Zt1LwPz7RkD2nHy',
  'GOCSPX-sandbox-youtube-7hQ2vLr9Xw',
  'GOCSPX-sandbox-business-7hQ2vLr9Xw',
] as const

const load = (file: string): SandboxState => {
  // What an older version left open; the folder around it may be somebody else's.
  chmodSync(file, 0o600)
  const blobs = blobFolder(file)
  if (existsSync(blobs)) chmodSync(blobs, 0o700)
  let text = readFileSync(file, 'utf8')
  for (const old of common) text = text.replaceAll(`"${old}"`, `"${randomBytes(20).toString('hex')}"`)
  const value = JSON.parse(text) as SandboxState
  if (value.version !== VERSION)
    throw new Error(
      `${file} holds a sandbox of version ${value.version}; this program knows ${VERSION}. Move it away to start anew.`,
    )
  // Added later than version 1's first file.
  return { ...value, webhooks: value.webhooks ?? {} }
}
