/** The witness of a post: its key was chosen before the call, so the key is read back (fact sheet §4). */
import { absent, type Created, found, type StepContext, unsure, type Witness } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { getRecord, homeOf, postCollection, type Ref } from './api.ts'
import type { PreparedPost } from './record.ts'
import type { Settings } from './spec.ts'

export type T = StepContext<Settings>

/** `create` and `comment` leave this: a `Created` with what replies need. */
export type Posted = Created & { id: string; uri: string; cid: string; rkey: string }

export const permalink = (did: string, rkey: string) => `https://bsky.app/profile/${did}/post/${rkey}`

export const isGone = (error: unknown) => error instanceof PlatformFailure && error.failure.kind === 'gone'

export const posted = (t: T, rkey: string, ref: Ref): Posted => ({
  id: ref.uri,
  uri: ref.uri,
  cid: ref.cid,
  rkey,
  url: permalink(t.channel.externalId, rkey),
})

/** Members in any order; `undefined` and absent are the same. */
const same = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>]
  return [...new Set([...Object.keys(x), ...Object.keys(y)])].every((k) => same(x[k], y[k]))
}

export const witness = async (t: T): Promise<Witness> => {
  const { rkey, record } = t.prepared as PreparedPost
  try {
    const there = await getRecord(t.http, homeOf(t).pds, {
      repo: t.channel.externalId,
      collection: postCollection,
      rkey,
    })
    if (same(there.value, record)) return found(posted(t, rkey, there))
    return unsure('Another post sits at the key Clarion chose. Look at the profile before publishing again.')
  } catch (error) {
    if (isGone(error)) return absent
    throw error
  }
}
