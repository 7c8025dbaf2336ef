/**
 * Budgets and quotas. A budget is what a network does not let us ask for: counted here, taken before a call leaves and
 * given back when it provably did not. A reading is what the network said itself, in an answer's headers or when asked
 * about the account; the last one is kept.
 */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import type { Clock } from '#infra/clock.ts'
import type { Database, Db } from '#infra/db/database.ts'
import type { Charge, Realm, Refusal } from '#kit/client/http.ts'
import type { Platform, Quota } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import type { Budget } from '#kit/facts/spec.ts'
import { createReadings } from './readings.ts'
import { takeRolling } from './rolling.ts'
import { createTold, type Heard, type Take } from './told.ts'
import { createWords, keyAt, sweepWords, wordsNow } from './words.ts'

/** Whose budget a call takes from. Without a channel (a connect flow) only budgets of the app are counted. */
export type Spender = { platform: Platform; realm: Realm; channelId?: string; app?: Record<string, string> }
/** The app credentials of a workspace for a platform, as far as it has them. */
export type AppOf = (ws: string, platform: string, realm: Realm) => Promise<Record<string, string>>

/**
 * A quota with where it is known from. `budget`: counted by us; `headers` and `account`: the network's own word. `at`:
 * when that was (UTC). A budget or header quota that is spent makes a call wait, one of the account refuses the post.
 */
export type KnownQuota = Quota & { source: 'budget' | 'headers' | 'account'; at: string }

export type Quotas = {
  /** Takes from the budget, all or nothing. @throws PlatformFailure `too-fast` until the window's end, `our-bug` for a budget the spec does not have. */
  spend: (who: Spender, charge: Charge) => Promise<void>
  /** Gives back what `spend` took for this very `charge` object. */
  refund: (who: Spender, charge: Charge) => Promise<void>
  /** Keeps what an answer's headers say, to the call that took `charges`; written in the background, gathered. Never throws. */
  seen: (who: Spender, answer: { status: number; headers: Record<string, string> }, charges?: readonly Charge[]) => void
  /** A network says that a quota is used up: what the call took from waits, for every channel of that scope. Never throws. */
  refused: (who: Spender, refusal: Refusal, charges: readonly Charge[]) => void
  /** The call that took `charges` has no answer: the network may have counted it. Never throws. */
  lost: (charges: readonly Charge[]) => void
  /** Writes everything `seen` now; resolves when it is. */
  settled: () => Promise<void>
  /** Deletes windows that ended a month ago, and slices of a pace that ended a day ago. */
  sweep: (now: Date) => Promise<void>
}

type Window = { start: number; end: number }

/** The calendar day of a zone at `now` (epoch ms): its first instant and the first after it, daylight saving included. Pure. */
export const windowOf = (window: { daily: string }, now: number): Window => {
  const day = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(window.daily).startOfDay()
  return { start: day.epochMilliseconds, end: day.add({ days: 1 }).startOfDay().epochMilliseconds }
}

/** A window of an hour or less is a pace, the engine's concern and not a person's. */
export const isPace = ({ window }: Budget): boolean => 'rolling' in window && window.rolling <= 3_600_000

/** What counts now: from its start (epoch ms) on. `length` in ms. */
type Span = Window & { length: number }
export const spanOf = ({ window }: Budget, now: number): Span => {
  if ('rolling' in window) return { start: now - window.rolling, end: now, length: window.rolling }
  const { start, end } = windowOf(window, now)
  return { start, end, length: end - start }
}

/** May it stand in a field that holds a cap? */
export const isCap = (value: string): boolean => /^[1-9]\d{0,8}$/.test(value)

/** The cap of a budget: what the app was granted more by the person's word, else the network's usual one. */
export const capOf = (budget: Budget, app: Record<string, string> = {}): number => {
  const own = budget.capField ? app[budget.capField] : undefined
  return own && isCap(own) ? Number(own) : budget.cap
}

/** Tells apps apart by their first credential (client id, bot token), which is not to be read from the count. */
const appKey = (platform: Platform, app: Record<string, string> = {}): string => {
  const id = app[platform.spec.credentials[0]?.name ?? '']
  return id ? createHash('sha256').update(id).digest('hex').slice(0, 16) : 'one'
}

/** Whose count it is: one for all channels of the app in a realm, or the channel's own. Null: nobody's. */
export const accountOf = (budget: Budget, { platform, realm, channelId, app }: Spender): string | null =>
  budget.scope === 'app' ? `app:${realm}:${appKey(platform, app)}` : channelId ? `channel:${channelId}` : null

/** A reading without a reset time is worth nothing after this long (ms). */
const readingLifeMs = 24 * 3_600_000

/** What is known about the quotas of channels, by channel id: budgets first, then what the network said, while it holds. */
export const knownQuotas = async (
  db: Db,
  platforms: ReadonlyMap<string, Platform>,
  channels: readonly { id: string; platform: string; realm: Realm; workspace_id: string }[],
  now: Date,
  appOf: AppOf,
): Promise<Map<string, KnownQuota[]>> => {
  const out = new Map<string, KnownQuota[]>(channels.map((c) => [c.id, []]))
  const apps = new Map<string, Record<string, string>>()
  const ownApp = async (c: (typeof channels)[number]) => {
    const key = `${c.workspace_id}/${c.platform}/${c.realm}`
    const app = apps.get(key) ?? (await appOf(c.workspace_id, c.platform, c.realm))
    apps.set(key, app)
    return app
  }
  const wanted: { c: (typeof channels)[number]; budget: Budget; cap: number; account: string; window: Span }[] = []
  for (const c of channels) {
    const platform = platforms.get(c.platform)
    for (const budget of platform?.spec.budgets ?? []) {
      if (!platform || isPace(budget) || budget.told === 'alone') continue
      // Unsealed only where it decides whose count it is, or the cap.
      const app = budget.scope === 'app' || budget.capField !== undefined ? await ownApp(c) : {}
      const account = accountOf(budget, { platform, realm: c.realm, channelId: c.id, app })
      const window = spanOf(budget, now.getTime())
      if (account !== null) wanted.push({ c, budget, cap: capOf(budget, app), account, window })
    }
  }
  if (wanted.length > 0) {
    const rows = await db
      .selectFrom('quotas')
      .select(['platform', 'account', 'bucket', 'window_end', 'used'])
      .where('account', 'in', [...new Set(wanted.map((w) => w.account))])
      .where('window_end', '>', new Date(Math.min(...wanted.map((w) => w.window.start))))
      .execute()
    for (const { c, budget, cap, account, window } of wanted) {
      const own = rows.filter(
        (r) =>
          r.platform === c.platform &&
          r.account === account &&
          r.bucket === budget.bucket &&
          r.window_end.getTime() > window.start,
      )
      const used = own.reduce((sum, r) => sum + r.used, 0)
      // A window that slides frees one by one: told is when the oldest part of a full one leaves.
      const oldest = Math.min(...own.filter((r) => r.used > 0).map((r) => r.window_end.getTime()))
      const frees = used >= cap && Number.isFinite(oldest) ? new Date(oldest + window.length).toISOString() : null
      out.get(c.id)!.push({
        bucket: budget.bucket,
        label: budget.label,
        used,
        cap,
        resetsAt: 'rolling' in budget.window ? frees : new Date(window.end).toISOString(),
        source: 'budget',
        at: now.toISOString(),
      })
    }
  }
  if (channels.length === 0) return out
  const readings = await db
    .selectFrom('quota_readings')
    .selectAll()
    .where(
      'channel_id',
      'in',
      channels.map((c) => c.id),
    )
    .where((e) =>
      e.or([
        e('resets_at', '>', now),
        e.and([e('resets_at', 'is', null), e('at', '>', new Date(now.getTime() - readingLifeMs))]),
      ]),
    )
    .orderBy('bucket')
    .execute()
  for (const r of readings) {
    // The network's own word on a bucket stands instead of our count of it.
    const others = out.get(r.channel_id)!.filter((q) => q.bucket !== r.bucket)
    out.set(r.channel_id, others)
    others.push({
      bucket: r.bucket,
      label: r.label,
      used: r.used,
      cap: r.cap,
      resetsAt: r.resets_at?.toISOString() ?? null,
      source: r.source,
      at: r.at.toISOString(),
    })
  }
  // What is said to be used up, of the account and of the whole app: whichever was said last counts.
  const said = await wordsNow(db, [...new Set(channels.map((c) => c.platform))], now)
  for (const c of said.size > 0 ? channels : []) {
    const platform = platforms.get(c.platform)
    for (const budget of platform?.spec.budgets ?? []) {
      if (!platform || !budget.told || isPace(budget)) continue
      const account = accountOf(budget, { platform, realm: c.realm, channelId: c.id, app: await ownApp(c) })
      const word =
        account === null ? undefined : said.get(keyAt({ platform: c.platform, account, bucket: budget.bucket }))
      const list = out.get(c.id)!
      const other = list.find((q) => q.bucket === budget.bucket)
      if (!word || (other && other.source !== 'budget' && Date.parse(other.at) > word.at.getTime())) continue
      const { bucket, label } = budget
      const full = { bucket, label, used: word.cap, cap: word.cap, resetsAt: word.until.toISOString() }
      out.set(c.id, [...list.filter((q) => q !== other), { ...full, source: 'headers', at: word.at.toISOString() }])
    }
  }
  return out
}

/** Of each bucket of each platform the fullest reading that still holds, as a ratio of 0 to 1 or a little above. */
export const fullestQuotas = async (
  db: Db,
  now: Date,
): Promise<{ platform: string; bucket: string; ratio: number }[]> => {
  const { rows } = await sql<{ platform: string; bucket: string; ratio: number }>`
    select platform, bucket, max(ratio) as ratio from (
      select c.platform, r.bucket, r.used::float8 / r.cap as ratio
      from quota_readings r join channels c on c.id = r.channel_id
      where r.cap > 0 and (r.resets_at > ${now} or (r.resets_at is null and r.at > ${new Date(now.getTime() - readingLifeMs)}))
      union all select platform, bucket, 1::float8 from quota_words where until > ${now}) said
    group by platform, bucket`.execute(db)
  return rows
}

const spent = (platform: string, budget: Budget, cap: number, until: Date): PlatformFailure =>
  new PlatformFailure({
    kind: 'too-fast',
    code: `${platform}.budget-spent`,
    message: `${budget.label}: the ${cap} of this window are spent. Clarion goes on when there is room again.`,
    until: until.toISOString(),
  })

/** Waiting would be for ever: told at once, with what to do. */
const neverFits = (platform: string, budget: Budget, cap: number, units: number): PlatformFailure =>
  new PlatformFailure({
    kind: 'not-permitted',
    code: `${platform}.charge-above-cap`,
    message: `${budget.label}: this call takes ${units}, and the cap is ${cap}. Raise the cap in Settings -> Platforms.`,
  })

/** Readings of before that are remembered at most. */
const mostRemembered = 20_000
/** More than any network gives: our count then bounds nothing. */
const unbounded = 2_000_000_000
type Taken = { account: string; start: Date | null; key?: string; take?: Take }

/** The longest a word may hold (ms), whatever an answer says: its window, and a little for clocks that differ. */
const longest = ({ window }: Budget): number => ('rolling' in window ? window.rolling : 25 * 3_600_000) + 900_000

/** `onError`: told when a reading could not be written. `listen`: how other processes are heard; absent: there are none. */
export const createQuotas = (d: {
  db: Db
  listen?: Database['listen']
  clock: Pick<Clock, 'now' | 'sleep'>
  onError?: (error: unknown, channelId: string) => void
}): Quotas => {
  /** The window each charge was taken from: a refund after midnight must not land in the new day. `start` null: not counted by us. */
  const taken = new WeakMap<Charge, Taken>()
  const told = createTold()
  const readings = createReadings(d)

  const budgetOf = ({ platform }: Spender, { bucket }: Charge): Budget => {
    const budget = platform.spec.budgets?.find((b) => b.bucket === bucket)
    if (budget) return budget
    throw new PlatformFailure({
      kind: 'our-bug',
      code: `${platform.spec.id}.budget`,
      message: `${platform.spec.name} has no budget "${bucket}".`,
    })
  }

  const words = createWords({
    ...d,
    hear: ({ cap, until, ...at }) => (until === null ? told.forget(keyAt(at)) : told.spent(keyAt(at), { cap, until })),
  })

  /** What headers had said when this process made its first call, by channel and bucket: one look for all channels. */
  let before: Promise<Map<string, Heard>> | null = null
  const lookBack = async (): Promise<Map<string, Heard>> => {
    const rows = await d.db
      .selectFrom('quota_readings')
      .select(['channel_id', 'bucket', 'used', 'cap', 'resets_at'])
      .where('source', '=', 'headers')
      .where('resets_at', '>', new Date(d.clock.now()))
      .orderBy('at', 'desc')
      .limit(mostRemembered)
      .execute()
    return new Map(
      rows.map((r) => [
        `${r.channel_id}/${r.bucket}`,
        { left: r.cap - r.used, cap: r.cap, until: r.resets_at?.getTime() ?? null },
      ]),
    )
  }

  /** After a restart the last reading of the channel is the network's word, while it holds. */
  const remember = async (key: string, bucket: string, channelId: string | undefined): Promise<void> => {
    if (channelId === undefined || told.knows(key)) return
    before ??= lookBack()
    try {
      const heard = (await before).get(`${channelId}/${bucket}`)
      if (heard && heard.until !== null && heard.until > d.clock.now() && !told.knows(key)) told.hear(key, heard, null)
    } catch (error) {
      // Nothing is known then, as on the first day; the next call looks again.
      before = null
      d.onError?.(error, channelId)
    }
  }

  /** The call is over; `back`: it never left. */
  const end = (charge: Charge, back: boolean): Taken | undefined => {
    const from = taken.get(charge)
    taken.delete(charge)
    if (from?.key !== undefined && from.take) told.end(from.key, from.take, back)
    return from
  }

  const spend: Quotas['spend'] = async (who, charge) => {
    const budget = budgetOf(who, charge)
    const account = accountOf(budget, who)
    if (account === null || charge.units < 0) return
    const { id } = who.platform.spec
    const cap = capOf(budget, who.app)
    if (!budget.told) return count(who, charge, { budget, account, cap })
    const key = keyAt({ platform: id, account, bucket: charge.bucket })
    await words.ready()
    await remember(key, charge.bucket, who.channelId)
    const got = told.take(key, charge.units, d.clock.now())
    if ('until' in got) throw spent(id, budget, got.cap, new Date(got.until))
    taken.set(charge, { account, start: null, key, take: got.take })
    if (budget.told === 'alone') return
    try {
      // The network's word has decided already: our count only keeps the record.
      await count(who, charge, { budget, account, cap: got.word ? Math.max(cap, unbounded) : cap })
    } catch (error) {
      end(charge, true)
      // The network may have told another process that there is more.
      if (!got.word && (await readAgain(key, charge.bucket, who.channelId))) return spend(who, charge)
      throw error
    }
  }

  /** Does the last reading of the channel say that something is left? Then it is the network's word here too. */
  const readAgain = async (key: string, bucket: string, channelId: string | undefined): Promise<boolean> => {
    if (channelId === undefined) return false
    const row = await d.db
      .selectFrom('quota_readings')
      .select(['used', 'cap', 'resets_at'])
      .where('channel_id', '=', channelId)
      .where('bucket', '=', bucket)
      .where('source', '=', 'headers')
      .where('resets_at', '>', new Date(d.clock.now()))
      .executeTakeFirst()
    if (!row?.resets_at || row.used >= row.cap) return false
    const heard = { left: Math.floor(row.cap - row.used), cap: row.cap, until: row.resets_at.getTime() }
    return told.hear(key, heard, null) === 'room'
  }

  /** Takes from our own count. */
  const count = async (
    who: Spender,
    charge: Charge,
    { budget, account, cap }: { budget: Budget; account: string; cap: number },
  ): Promise<void> => {
    if (charge.units === 0) return
    const { spec } = who.platform
    if (charge.units > cap) throw neverFits(spec.id, budget, cap, charge.units)
    const now = d.clock.now()
    if ('rolling' in budget.window) {
      const key = { platform: spec.id, account, bucket: charge.bucket }
      const took = await takeRolling(d.db, key, {
        ms: budget.window.rolling,
        cap,
        units: charge.units,
        now,
      })
      if ('until' in took) throw spent(spec.id, budget, cap, took.until)
      taken.set(charge, { ...taken.get(charge), account, start: took.start })
      return
    }
    const { start, end } = windowOf(budget.window, now)
    // One statement, so that two workers never take the last unit twice.
    const { rows } = await sql<{ used: number }>`
        insert into quotas (platform, account, bucket, window_start, window_end, used, cap)
        select ${spec.id}, ${account}, ${charge.bucket}, ${new Date(start)}::timestamptz, ${new Date(end)}::timestamptz, ${charge.units}::int, ${cap}::int
        where ${charge.units}::bigint <= ${cap}::bigint
        on conflict (platform, account, bucket, window_start) do update
          set used = quotas.used + excluded.used, cap = excluded.cap, window_end = excluded.window_end
          where quotas.used::bigint + excluded.used <= excluded.cap
        returning used`.execute(d.db)
    if (rows.length === 0) throw spent(spec.id, budget, cap, new Date(end))
    taken.set(charge, { ...taken.get(charge), account, start: new Date(start) })
  }

  return {
    spend,

    refund: async (who, charge) => {
      const from = end(charge, true)
      if (!from?.start) return
      await sql`
        update quotas set used = greatest(0, used - ${charge.units}::int)
        where platform = ${who.platform.spec.id} and account = ${from.account} and bucket = ${charge.bucket}
          and window_start = ${from.start}`.execute(d.db)
    },

    lost: (charges) => {
      for (const charge of charges) end(charge, false)
    },

    seen: (who, answer, charges = []) => {
      const { channelId } = who
      const takes = new Map(charges.map((charge) => [charge.bucket, taken.get(charge)?.take]))
      for (const charge of charges) end(charge, false)
      if (!channelId || !who.platform.usage) return
      try {
        const now = d.clock.now()
        const quotas = who.platform.usage(
          answer,
          now,
          charges.map((c) => c.bucket),
        )
        for (const q of quotas) {
          const budget = who.platform.spec.budgets?.find((b) => b.told && b.bucket === q.bucket)
          const account = budget && accountOf(budget, who)
          const until = q.resetsAt === null ? Number.NaN : Date.parse(q.resetsAt)
          if (!account || !Number.isFinite(q.used) || !Number.isFinite(q.cap)) continue
          const ends = until > now ? Math.min(until, now + longest(budget)) : null
          const heard = { left: Math.floor(q.cap - q.used), cap: q.cap, until: ends }
          const place = { platform: who.platform.spec.id, account, bucket: q.bucket }
          const said = told.hear(keyAt(place), heard, takes.get(q.bucket) ?? null)
          if (said === 'spent' && ends !== null) words.spent(place, q.cap, ends)
          else if (said === 'room') words.over(place)
        }
        readings.hear(channelId, quotas, now)
      } catch (error) {
        d.onError?.(error, channelId)
      }
    },

    refused: (who, { scope, until }, charges) => {
      const now = d.clock.now()
      for (const { bucket } of charges) {
        const budget = who.platform.spec.budgets?.find((b) => b.told && b.bucket === bucket && b.scope === scope)
        const account = budget && accountOf(budget, who)
        if (!account || !(until > now)) continue
        const place = { platform: who.platform.spec.id, account, bucket }
        const [cap, ends] = [capOf(budget, who.app), Math.min(until, now + longest(budget))]
        told.spent(keyAt(place), { cap, until: ends })
        words.spent(place, cap, ends)
      }
    },

    settled: async () => {
      await readings.settled()
      await words.settled()
    },

    sweep: async (now) => {
      await sweepWords(d.db, now)
      // Slices of a pace are many and soon worth nothing.
      await sql`
        delete from quotas
        where window_end < ${new Date(now.getTime() - 30 * 86_400_000)}
           or (window_end < ${new Date(now.getTime() - 86_400_000)} and window_end - window_start < interval '1 hour')`.execute(
        d.db,
      )
    },
  }
}
