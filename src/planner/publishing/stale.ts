/** Is what was prepared ahead still what should go out? Asked before anything of it is used. */
import { isDeepStrictEqual } from 'node:util'
import { isPublic } from '#contract/steps.ts'
import type { Platform } from '#kit/client/platform.ts'
import { livesUntil } from './ahead.ts'
import type { EngineDeps } from './deps.ts'
import { type Frozen, freeze, type Loaded } from './frozen.ts'
import { dropOwn } from './prepared.ts'
import type { Claim } from './store.ts'

/** A step that was begun this recently (ms) is being worked on. */
const workingMs = 10 * 60_000

/** What would go out now is what was prepared. */
const sameThing = (a: Frozen, b: Frozen) =>
  isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)))

/**
 * Throws away what is prepared and of no more use: it ended its life on the network, or what is to go out has changed
 * since. Only where nothing public has begun; then whatever was prepared may be made again without harm.
 */
export const dropStale = async (d: EngineDeps, c: Claim, platform: Platform, loaded: Loaded): Promise<Loaded> => {
  const { frozen } = loaded
  if (!frozen || loaded.begun || [...loaded.steps.values()].some((s) => isPublic(s.name))) return loaded
  const until = livesUntil(
    [...loaded.steps.values()].filter((s) => s.state === 'done'),
    platform.spec.ahead,
  )
  const now = d.clock.now()
  // What is looked at every now and then is in the network's hands, which says itself when that has come to nothing.
  const working = [...loaded.steps.values()].some((s) => s.state !== 'done' && now - s.begunAt < workingMs)
  const over = !working && until !== null && until <= now
  // What cannot be frozen any more (a file is gone) is told by the attempt itself.
  const fresh = over ? null : await freeze(d.db, d.media, platform, loaded).catch(() => null)
  if (fresh && sameThing(fresh, frozen)) return loaded
  await dropOwn(d.db, c, over ? 'expired' : 'changed', new Date(now))
  return { ...loaded, frozen: null, steps: new Map() }
}
