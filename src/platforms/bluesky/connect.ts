/** Connecting by app password (fact sheet §2b) or by OAuth (§2c, oauth.ts), and keeping the session alive. */

import type { Http } from '#kit/client/http.ts'
import type { ChannelOffer, ConnectContext, ConnectFinish, Connector } from '#kit/client/platform.ts'
import type { Grant } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import {
  createSession,
  deleteSession,
  entryway,
  getProfile,
  pdsOf,
  refreshSession,
  resolveDid,
  type Session,
} from './api.ts'
import * as oauth from './oauth.ts'

const accessMs = 2 * 3600_000
const refreshMs = 90 * 24 * 3600_000

const refuse = (word: string, message: string): never => {
  throw new PlatformFailure({ kind: 'not-permitted', code: `bluesky.${word}`, message })
}

/** `https://host` of what a person typed; a bare host is taken as https. Plain http is left to the URL guard (a PDS on this machine). */
const serviceUrl = (typed: string | undefined): string => {
  const value = typed?.trim() || entryway
  const url = URL.parse(/^https?:\/\//i.test(value) ? value : `https://${value}`)
  if (!url || url.username || url.search)
    return refuse('service', 'The service is not an address such as https://bsky.social.')
  return url.origin
}

const handleOf = (typed: string) =>
  typed
    .trim()
    .replace(/^@/, '')
    .replace(/[\u200B-\u200F\u202A-\u202E\u2066-\u2069]/g, '')

/**
 * Where the repository lives. The entryway names it in `didDoc`; a PDS that signs in its own accounts often leaves it
 * out and then IS the place, so only the entryway's silence sends us to the directory.
 */
const homeOf = async (http: Http, service: string, s: Session): Promise<string> =>
  pdsOf(s.didDoc) ?? (service === entryway ? (pdsOf(await resolveDid(http, s.did)) ?? service) : service)

const grantOf = (
  s: Session,
  now: number,
  extra: { pds: string; service: string; did: string; appPassword: string },
): Grant => ({
  access: s.accessJwt,
  refresh: s.refreshJwt,
  expiresAt: new Date(now + accessMs).toISOString(),
  refreshExpiresAt: new Date(now + refreshMs).toISOString(),
  extra,
})

const assertActive = (s: Session): void => {
  if (s.active === false)
    throw new PlatformFailure({
      kind: 'refused-account',
      code: 'bluesky.account-closed',
      message: `Bluesky says this account is ${s.status ?? 'not active'}. Look at it in the Bluesky app.`,
    })
}

const byPassword = async (t: ConnectContext, form: Record<string, string>): Promise<ConnectFinish> => {
  const identifier = handleOf(form.identifier ?? '')
  const appPassword = (form.appPassword ?? '').trim()
  if (!identifier || !appPassword) refuse('form', 'Enter the handle and an app password.')
  const service = serviceUrl(form.service)
  const s = await createSession(t.http, service, identifier, appPassword)
  assertActive(s)
  const pds = await homeOf(t.http, service, s)
  return {
    grant: grantOf(s, t.now(), { pds, service, did: s.did, appPassword }),
    offers: [await offerOf(t.http, s, pds)],
  }
}

const isOAuth = (grant: Grant) => grant.extra?.way === 'oauth'

export const connect: Connector = {
  // An app password's used refresh token lives 2 h more and yields the same successor: a lost answer is asked for again.
  // An OAuth one dies at once, and its replay ends the session.
  rotates: isOAuth,
  begin: (t, form) =>
    form.way === 'oauth' ? oauth.begin(t, form.handle ?? '') : Promise.resolve({ kind: 'form', keep: null }),
  finish: async (t, answer, keep) => {
    if (keep === null) return byPassword(t, answer)
    const { grant, did, pds, handle } = await oauth.finish(t, answer, keep)
    return { grant, offers: [await offerOf(t.http, { did, handle }, pds)] }
  },
  refresh: async (t, grant) => {
    if (isOAuth(grant)) return oauth.refresh(t, grant)
    const extra = { pds: entryway, service: entryway, did: '', appPassword: '', ...grant.extra }
    try {
      const s = await refreshSession(t.http, extra.pds, grant.refresh ?? '')
      return grantOf(s, t.now(), { ...extra, pds: pdsOf(s.didDoc) ?? extra.pds })
    } catch (error) {
      // Over after 90 days or a lost chain: the app password makes a new session. Revoked, it says `reconnect` itself.
      if (!(error instanceof PlatformFailure) || error.failure.kind !== 'reconnect' || !extra.appPassword) throw error
      const s = await createSession(t.http, extra.service, extra.did, extra.appPassword)
      assertActive(s)
      return grantOf(s, t.now(), { ...extra, pds: await homeOf(t.http, extra.service, s) })
    }
  },
  revoke: async (t, grant) => {
    if (isOAuth(grant)) return oauth.revoke(t, grant)
    await deleteSession(t.http, grant.extra?.pds ?? entryway, grant.refresh ?? '')
  },
}

/** Name and picture come from the app view; an account it does not know (a private PDS) is shown by its handle. */
const offerOf = async (http: Http, s: Pick<Session, 'did' | 'handle'>, pds: string): Promise<ChannelOffer> => {
  const base = {
    externalId: s.did,
    kind: 'profile',
    handle: s.handle,
    profileUrl: `https://bsky.app/profile/${s.did}`,
    facts: { pds },
  }
  try {
    const p = await getProfile(http, s.did)
    return { ...base, name: p.displayName || s.handle, avatarUrl: p.avatar ?? null }
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
    return { ...base, name: s.handle, avatarUrl: null }
  }
}
