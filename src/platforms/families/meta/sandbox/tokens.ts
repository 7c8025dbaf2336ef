/** Writing tokens down and killing them: user tokens short and long, Page tokens that last as long as their parent lets them. */
import type { GraphToken, MetaWorld } from './state.ts'

/** Of a short-lived user token (ms). */
export const shortMs = 3_600_000
/** Of a long-lived one, as Meta answers (s). */
export const longSeconds = 5_183_944

/** Writes a token down and gives it. */
export const mintToken = (world: MetaWorld, row: Omit<GraphToken, 'issuedAt' | 'dead'>): string => {
  const token = `EAA${world.id(150)}`
  world.state.meta.tokens[token] = { ...row, issuedAt: world.now(), dead: null }
  world.changed()
  return token
}

/** A user token, short (1 h) or long (60 days). */
export const mintUser = (
  world: MetaWorld,
  o: { person: string; pages: string[] | null; scopes: string[]; long: boolean },
): string =>
  mintToken(world, {
    type: 'USER',
    ...o,
    page: null,
    parent: null,
    expiresAt: world.now() + (o.long ? longSeconds * 1000 : shortMs),
  })

/** The Page token of a user token: the same one each time; without an end when the user token is a long one. */
export const pageToken = (world: MetaWorld, userToken: string, pageId: string): string => {
  const rows = world.state.meta.tokens
  const known = Object.entries(rows).find(([, r]) => r.parent === userToken && r.page === pageId && r.dead === null)
  if (known) return known[0]
  const user = rows[userToken]!
  const { person, scopes, long } = user
  return mintToken(world, {
    type: 'PAGE',
    person,
    scopes,
    long,
    pages: null,
    page: pageId,
    parent: userToken,
    expiresAt: long ? null : user.expiresAt,
  })
}

/** Kills tokens as the person, or Meta, would; gives how many. `subcode` of 190: 458 app removed, 460 password changed. */
export const killTokens = (world: MetaWorld, which: (t: GraphToken) => boolean, subcode = 458): number => {
  let n = 0
  for (const t of Object.values(world.state.meta.tokens))
    if (t.dead === null && which(t)) {
      t.dead = subcode
      n++
    }
  world.changed()
  return n
}
