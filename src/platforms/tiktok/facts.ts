/** The channel's facts as preflight and the settings form read them. Pure; written by `account.ts`. */

export type Facts = {
  nickname: string | null
  /** null: TikTok has not said (a drafts-only channel, or never asked). */
  privacyOptions: readonly string[] | null
  commentDisabled: boolean
  duetDisabled: boolean
  stitchDisabled: boolean
  maxVideoSec: number | null
  /** The sentence why the account may not post at this hour. */
  cannotPost: string | null
  cannotPostCode: string | null
  canDirect: boolean
  canInbox: boolean
  audited: boolean
}

/** Reads facts of any age: what is missing or odd counts as not said. */
export const readFacts = (facts: Record<string, unknown>): Facts => {
  const text = (key: string) => (typeof facts[key] === 'string' ? facts[key] : null)
  const options = facts.privacyOptions
  return {
    nickname: text('nickname'),
    privacyOptions: Array.isArray(options) ? options.filter((x) => typeof x === 'string') : null,
    commentDisabled: facts.commentDisabled === true,
    duetDisabled: facts.duetDisabled === true,
    stitchDisabled: facts.stitchDisabled === true,
    maxVideoSec: typeof facts.maxVideoSec === 'number' && facts.maxVideoSec > 0 ? facts.maxVideoSec : null,
    cannotPost: text('cannotPost'),
    cannotPostCode: text('cannotPostCode'),
    canDirect: facts.canDirect !== false,
    canInbox: facts.canInbox !== false,
    audited: facts.audited === true,
  }
}
