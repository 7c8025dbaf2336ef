/**
 * Authorization by effect: whatever changes what will be published needs the scope `publish`, whichever address it comes
 * through. The door checks the route's own scope before it reads the body; here the effect is known.
 */
import type { Scope } from '#contract/people.ts'
import type { PublicationState } from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'
import type { Db } from '#infra/db/database.ts'
import { isIn } from '../publishing/transition.ts'

/** What a caller may: the scopes of their key; null or absent: a person, or the house itself. */
export type Reach = { scopes?: readonly Scope[] | null }

/** A publication in one of these goes out by itself, or as soon as its channel works again. */
export const goesOut: readonly PublicationState[] = ['scheduled', 'publishing', 'waiting', 'held']

/** Raises `scope-missing` when the caller may not change what will be published. `what`: why this call would, a sentence. */
export const mustPublish = (who: Reach, what: string): void => {
  if (who.scopes && !who.scopes.includes('publish'))
    throw new Problem('scope-missing', `${what} Changing that needs the scope \`publish\`.`)
}

/** The same for a call that touches these publications: free while none of them goes out by itself. */
export const mustPublishFor = (who: Reach, rows: readonly { state: PublicationState }[]): void => {
  const planned = rows.find((p) => goesOut.includes(p.state))
  if (planned) mustPublish(who, `A publication of this post is ${planned.state}.`)
}

/** The same for a call that touches a channel; `states`: of the publications that it would move. */
export const mustPublishOn = async (
  db: Db,
  who: Reach,
  channelId: string,
  states: readonly PublicationState[] = goesOut,
): Promise<void> => {
  if (!who.scopes) return
  const planned = await db
    .selectFrom('publications')
    .select('state')
    .where('channel_id', '=', channelId)
    .where(isIn(states))
    .limit(1)
    .executeTakeFirst()
  if (planned) mustPublish(who, `A publication on this channel is ${planned.state}.`)
}
