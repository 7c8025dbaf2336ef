/** One world per imitation: its state, clock, chance and blobs, all kept in the sandbox's memory. */
import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '#infra/clock.ts'
import type { Imitation, Secret, World, WorldFetch } from '#kit/sandbox/imitation.ts'
import type { Memory } from './state.ts'

const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

export type WorldDeps = {
  memory: Memory
  clock: Clock
  url: () => string
  seed?: string
  fetch: WorldFetch
  deliver: (platform: string, hook: { url: string; headers: Record<string, string>; body: string }) => void
}

/** Epoch ms of the virtual clock: the injected one and what the desk added. */
export const virtualNow = (d: Pick<WorldDeps, 'memory' | 'clock'>): number => d.clock.now() + d.memory.state.offsetMs

/** A world; seeds the network when the memory has none. Reads the memory at every use, so that a reset needs no new world. */
export const makeWorld = (imitation: Imitation, d: WorldDeps): World<unknown> => {
  const state = () => {
    const networks = d.memory.state.networks
    if (!Object.hasOwn(networks, imitation.platform)) {
      networks[imitation.platform] = imitation.seed(secretsOf(imitation.platform, d.seed))
      d.memory.changed()
    }
    return networks[imitation.platform]
  }
  return {
    get state() {
      return state()
    },
    get url() {
      return d.url()
    },
    changed: () => d.memory.changed(),
    now: () => virtualNow(d),
    sleep: (ms) => d.clock.sleep(ms),
    id: (length, alphabet = ALPHANUMERIC) => spell(length, alphabet, () => word(d)),
    blobs: {
      put: d.memory.putBlob,
      get: d.memory.getBlob,
      url: (key) => `${new URL(d.url()).pathname.replace(/\/$/, '')}/_blob/${key}`,
    },
    knob: (name) => {
      const value = d.memory.state.knobs[imitation.platform]?.[name] ?? imitation.knobs?.[name]
      if (value === undefined) throw new Error(`${imitation.platform} has no knob "${name}"`)
      return value
    },
    fetch: d.fetch,
    webhookUrl: () => d.memory.state.webhooks[imitation.platform] ?? null,
    deliver: ({ url, headers, body }) => {
      const to = url ?? d.memory.state.webhooks[imitation.platform]
      if (to) d.deliver(imitation.platform, { url: to, headers, body })
    },
  }
}

/** `length` characters of the alphabet, from random bytes; those that would bend the odds are dropped. */
const spell = (length: number, alphabet: string, bytes: () => Buffer): string => {
  const fair = 256 - (256 % alphabet.length)
  let out = ''
  while (out.length < length) {
    for (const byte of bytes()) if (byte < fair && out.length < length) out += alphabet[byte % alphabet.length]
  }
  return out
}

const hash = (text: string) => createHash('sha256').update(text).digest()

/** The next random word, from chance or from the seed and a counter. */
const word = (d: WorldDeps): Buffer => {
  if (d.seed === undefined) return randomBytes(32)
  d.memory.changed()
  return hash(`${d.seed}/${d.memory.state.draws++}`)
}

/** Secrets of a network: of this installation alone, or of the seed, where tests count on what comes when. */
export const secretsOf = (platform: string, seed: string | undefined): Secret => {
  let n = 0
  return (length, alphabet = ALPHANUMERIC) =>
    spell(length, alphabet, () => (seed === undefined ? randomBytes(32) : hash(`${seed}/secret/${platform}/${n++}`)))
}
