/** Is what was prepared ahead still what should go out? Asked before anything of it is used. */
import { isDeepStrictEqual } from 'node:util'
import { isPublic, readStepKey } from '#contract/steps.ts'
import type { Platform } from '#kit/client/platform.ts'
import { livesUntil } from './ahead.ts'
import type { EngineDeps } from './deps.ts'
import { type Frozen, freeze, type Loaded, notPrepared } from './frozen.ts'
import { dropOwn, dropUploads } from './prepared.ts'
import type { Claim } from './store.ts'

/** A step that was begun this recently (ms) is being worked on. */
const workingMs = 10 * 60_000

/** What would go out now is what was prepared. */
const sameThing = (a: Frozen, b: Frozen) =>
  isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)))

/**
 * Throws away what is prepared and of no more use: it ended its life on the network, or what is to go out has changed
 * since. The latter only where nothing public has begun. Once a create has, what goes out stays as it is; but where no
 * answer is missing and a create is still to come (a rate limit of hours, a person's "again", a thread's next part), the
 * files it needs are brought anew. Raises what kept it from comparing, where that says nothing about the content: then
 * nothing is thrown away, and the caller waits.
 */
export const dropStale = async (d: EngineDeps, c: Claim, platform: Platform, loaded: Loaded): Promise<Loaded> => {
  const { frozen } = loaded
  if (!frozen) return loaded
  const rows = [...loaded.steps.values()]
  const until = livesUntil(
    rows.filter((s) => s.state === 'done'),
    platform.spec.ahead,
  )
  const now = d.clock.now()
  const open = rows.filter((s) => s.state === 'begun' || s.state === 'unknown')
  if (loaded.begun || rows.some((s) => isPublic(s.name))) {
    const toCome = frozen.plan.some(
      (key) => readStepKey(key)?.name === 'create' && loaded.steps.get(key)?.state !== 'done',
    )
    if (open.length > 0 || !toCome || until === null || until > now) return loaded
    const names = Object.keys(platform.spec.ahead ?? {})
    await dropUploads(d.db, c, names, new Date(now))
    return { ...loaded, steps: new Map([...loaded.steps].filter(([, s]) => !names.includes(s.name))) }
  }
  // What is looked at every now and then is in the network's hands, which says itself when that has come to nothing.
  const working = rows.some((s) => s.state !== 'done' && now - s.begunAt < workingMs)
  const over = !working && until !== null && until <= now
  const fresh = over
    ? null
    : await freeze(d.db, d.media, platform, loaded, frozen).catch((error: unknown) => {
        // What cannot be frozen any more (a file is gone) is told by the attempt itself.
        if (!notPrepared(error)) return null
        throw error
      })
  if (fresh && sameThing(fresh, frozen)) return loaded
  await dropOwn(d.db, c, over ? 'expired' : 'changed', new Date(now))
  return { ...loaded, frozen: null, steps: new Map() }
}
