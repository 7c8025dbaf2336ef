/** Makes the HTTP client of one channel or one connect flow: the realm's host map, the network's failure table, the secrets to hide. */
import type { Clock } from '#infra/clock.ts'
import { passed } from '#infra/scavenge.ts'
import { chargesOf } from '#kit/client/charges.ts'
import { createHttp, type Http, type Realm } from '#kit/client/http.ts'
import type { Platform } from '#kit/client/platform.ts'
import { createSend, type Pin, type Send } from '#kit/client/send.ts'
import type { Grant } from '#kit/client/steps.ts'
import type { Quotas } from './quotas.ts'

export type ChannelHttpDeps = {
  platforms: ReadonlyMap<string, Platform>
  /** Base URL of the sandbox as this process reaches it; null when the sandbox is off. */
  sandboxUrl: string | null
  /** Throws when a live URL may not be called (private address, plain http); gives the addresses it was judged by. */
  allow?: (url: URL) => Promise<Pin | undefined>
  clock: Pick<Clock, 'now'>
  /** Keeps the budgets of `cost` and the usage headers; absent: nobody counts. */
  quotas?: Quotas
  fetch?: Send
}

export type ChannelHttpOptions = {
  platform: Platform
  realm: Realm
  /** Whose call it is; absent in a connect flow. */
  channelId?: string
  /** The app credentials it is made with: budgets of the app are counted for it, under its own caps. */
  app?: Record<string, string>
  /** Strings that must never appear in an error; see `secretsOf`. */
  secrets: readonly string[]
  signal?: AbortSignal
  /** May writes share a kept connection, as they may be made twice? Default no. */
  repeats?: boolean
  /** Runs right before the request leaves; throws to stop it. */
  beforeSend?: () => Promise<void> | void
  fetch?: Send
}

export type ChannelHttp = (o: ChannelHttpOptions) => Http

/** Pieces of a large file must not pile up in memory while they go out one after another. */
const flat =
  (through: Send): Send =>
  async (input, init, to) => {
    const answer = await through(input, init, to)
    if (init?.body instanceof Blob) passed(init.body.size)
    return answer
  }

/** The factory every planner noun uses to call a network. The client it makes raises only `PlatformFailure`. */
export const createChannelHttp = (deps: ChannelHttpDeps): ChannelHttp => {
  const send = deps.fetch ?? createSend()
  return (o) => {
    const { quotas } = deps
    const who = { platform: o.platform, realm: o.realm, channelId: o.channelId, app: o.app }
    return createHttp({
      realm: o.realm,
      sandboxUrl: deps.sandboxUrl ?? undefined,
      failures: o.platform.failures,
      secrets: o.secrets,
      allow: deps.allow,
      hosts: o.platform.spec.hosts,
      beforeSend: o.beforeSend,
      fetch: flat(o.fetch ?? send),
      signal: o.signal,
      repeats: o.repeats,
      now: () => deps.clock.now(),
      ...(quotas && {
        spend: (cost) => quotas.spend(who, cost),
        refund: (cost) => quotas.refund(who, cost),
        seen: (answer, charges) => quotas.seen(who, answer, charges),
        refused: (refusal, charges) => quotas.refused(who, refusal, charges),
        lost: (charges) => quotas.lost(charges),
        takes: (method, url) => chargesOf(o.platform.spec.budgets ?? [], method, url),
      }),
    })
  }
}

const readable = /^(https?:\/\/|did:)/
/**
 * Every string of a grant and of the app credentials that must stay out of errors and logs. URLs in `extra` and
 * credentials not marked secret (a client id) are left readable: errors would say nothing without them.
 */
export const secretsOf = (platform: Platform, grant: Grant | null, credentials: Record<string, string>): string[] => {
  const secrets = [grant?.access, grant?.refresh]
  const extra = grant?.extra ?? {}
  // Which way it was connected is a word of ours.
  for (const name in extra) if (name !== 'way' && !readable.test(extra[name]!)) secrets.push(extra[name])
  for (const field of platform.spec.credentials) if (field.secret) secrets.push(credentials[field.name])
  return secrets.filter((s): s is string => s !== undefined && s !== '')
}
