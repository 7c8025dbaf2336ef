/**
 * A Clarion that has been in use for years, made by SQL alone: workspaces of unequal size, channels, posts, publications
 * (nine in ten published, one scheduled), journal, steps, attempts, looks and snapshots. For benchmarks of queries and
 * for tests of their plans. Every value follows from its number, so that two runs have the same rows.
 */
import type pg from 'pg'

export type Rows = {
  publications: number
  workspaces?: number
  /** Channels of a workspace. The last one never published anything; the one before has lost its token. */
  channels?: number
  /** "Today" (UTC): the past ends here. */
  now: Date
  say?: (line: string) => void
}

/** What the benchmark asks about: the largest workspace, a channel that publishes, one that never did. */
export type Seeded = {
  ws: string
  channel: string
  quiet: string
  /** A publication on `channel` that has numbers, and its id on the network. */
  counted: string
  externalId: string
  from: Date
  to: Date
  counts: Record<string, number>
}

/** Platforms of the channels, by turns. */
export const networks = [0, 1, 2, 3, 4].map((i) => `network-${i}`)

/** Days the published ones reach back, and the scheduled ones ahead. */
const past = 730
const ahead = 60

/** An id as `newId` makes it, of the time and a number. */
const v7 = `create or replace function pg_temp.v7(at timestamptz, n text) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n), 1, 3) || '8' || substr(md5(n), 4, 15))::uuid $$`

/** Words of three scripts and a few pictures, so that search meets what people write. */
const words = `array['launch', 'today', 'coffee', 'roast', 'wieczór', 'książka', 'żółty', 'spring', 'offer', 'new', 'team', 'photo',
  'spotkanie', 'river', 'market', 'garden', 'release', '新製品', '東京', 'コーヒー', '🚀', '🎉', 'summer', 'ticket', 'workshop', 'studio',
  'łódź', 'window', 'paper', 'music', 'street', 'bread', 'cycle', 'forest', 'winter', 'letter', 'mountain', 'harbour']`

const tables = [
  'posts',
  'post_words',
  'post_kinds',
  'publications',
  'journal',
  'steps',
  'attempts',
  'insight_looks',
  'snapshots',
] as const

/** Fills a migrated database that is empty, or nearly: what was there is kept, and gets the rest of its history. The connection must be a superuser's: checks of foreign keys are left out. */
export const seedRows = async (pool: pg.Pool, o: Rows): Promise<Seeded> => {
  const { publications: n, workspaces = 20, channels = 10, say = () => {} } = o
  const c = await pool.connect()
  const now = `'${o.now.toISOString()}'::timestamptz`
  const run = async (what: string, sql: string) => {
    const t0 = performance.now()
    const { rowCount } = await c.query(sql)
    say(`${what}: ${rowCount ?? 0} rows in ${Math.round(performance.now() - t0)} ms`)
  }
  try {
    await c.query(`set session_replication_role = replica; set synchronous_commit = off; set work_mem = '128MB'`)
    await c.query(v7)
    // Built once at the end instead of row by row.
    const { rows: indexes } = await c.query<{ name: string; definition: string }>(
      `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i
       where i.indrelid = any($1::regclass[]) and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid)`,
      [[...tables]],
    )
    for (const { name } of indexes) await c.query(`drop index ${name}`)
    await run(
      'workspaces',
      `insert into workspaces (id, name, time_zone, late_policy, created_at)
       select pg_temp.v7(${now} - interval '3 years', 'w' || i), 'Workspace ' || i, 'Europe/Warsaw', '{"maxLateMs": 3600000, "otherwise": "ask"}', ${now} - interval '3 years'
       from generate_series(0, ${workspaces - 1}) i`,
    )
    await run(
      'channels',
      `insert into channels (id, workspace_id, platform, realm, kind, external_id, name, handle, state, created_at)
       select pg_temp.v7(${now} - interval '3 years', 'c' || w || '-' || i), pg_temp.v7(${now} - interval '3 years', 'w' || w),
         'network-' || i % ${networks.length}, 'sandbox', 'profile', 'account-' || w || '-' || i, 'Channel ' || i, 'channel' || i,
         case when i = ${channels - 2} then 'reconnect' else 'ok' end, ${now} - interval '3 years'
       from generate_series(0, ${workspaces - 1}) w, generate_series(0, ${channels - 1}) i`,
    )
    // Four posts of five have one channel, every fifth two: 6 publications of 5 posts. The first workspace has a quarter of all.
    const posts = Math.ceil((n * 5) / 6)
    await c.query(
      `create temp table plan as
       select i, w, date_trunc('milliseconds', due) as due, ahead from (select i, (${workspaces} * (i * 0.618033988749 - floor(i * 0.618033988749)) ^ 2.5)::int % ${workspaces} as w,
         case when i % 10 = 9 then ${now} + (i::float8 / ${posts}) * interval '${ahead} days' + interval '1 minute'
           else ${now} - (1 - i::float8 / ${posts}) * interval '${past} days' - interval '1 minute' end as due,
         i % 10 = 9 as ahead
       from generate_series(0, ${posts - 1}) i) x`,
    )
    await run(
      'posts',
      `insert into posts (id, workspace_id, content, tags, due_at, wall_time, time_zone, created_at, updated_at)
       select pg_temp.v7(made, 'p' || i), pg_temp.v7(${now} - interval '3 years', 'w' || w),
         jsonb_build_object('segments', jsonb_build_array(jsonb_build_object('mediaIds', '[]'::jsonb, 'text',
           (select string_agg(v[1 + abs(hashint8(i * 31 + k)) % array_length(v, 1)], ' ') from generate_series(1, 22) k, (select ${words} as v) vocabulary) || ' no' || i))),
         case when i % 7 = 0 then array['news', 'tag' || i % 50] else '{}' end, case when i % 400 <> 1 then due end, null, null, made, made
       from (select *, case when ahead then ${now} - (1 - i::float8 / ${posts}) * interval '20 days' else due - interval '2 days' end as made from plan) p`,
    )
    await run(
      'publications',
      `insert into publications (id, post_id, workspace_id, channel_id, state, due_at, next_at, prepare_at, attempt, begun, started_at, published_at, lateness_ms,
         external_id, permalink, frozen, settled, created_at, updated_at)
       select pg_temp.v7(made, 'u' || i || '-' || k), pg_temp.v7(made, 'p' || i), pg_temp.v7(${now} - interval '3 years', 'w' || w),
         pg_temp.v7(${now} - interval '3 years', 'c' || w || '-' || (i / 2 + k * 3) % ${channels - 2}),
         state, case when state <> 'draft' then due end, case when state = 'scheduled' then due end, case when state = 'scheduled' then due - interval '15 minutes' end,
         case when out then 1 else 0 end, out, case when out then due end, case when state = 'published' then due + interval '400 milliseconds' end,
         case when state = 'published' then 400 end, case when state = 'published' then 'x' || i || '-' || k end,
         case when state = 'published' then 'https://network.test/' || i || '-' || k end,
         case when out then jsonb_build_object('plan', '["create"]'::jsonb, 'settings', '{}'::jsonb, 'content', jsonb_build_object('segments', jsonb_build_array(jsonb_build_object('text', repeat('w', 150))))) end,
         case when state <> 'scheduled' then state end, made, case when out then due + interval '500 milliseconds' else made end
       from (select p.*, k, case when ahead then ${now} - (1 - i::float8 / ${posts}) * interval '20 days' else due - interval '2 days' end as made,
           case when i % 400 = 1 then 'draft' when ahead then 'scheduled' when i % 5000 = 2 then 'failed' when i % 20000 = 3 then 'missed' else 'published' end as state,
           not ahead and i % 400 <> 1 as out
         from plan p, generate_series(0, 1) k where k = 0 or i % 5 = 0) q`,
    )
    await run(
      'steps',
      `insert into steps (publication_id, key, position, state, prepared, checkpoint, first_begun_at, begun_at, ended_at)
       select id, 'create', 0, 'done', jsonb_build_object('rkey', left(external_id, 13), 'createdAt', due_at), jsonb_build_object('id', external_id, 'url', permalink),
         due_at, due_at, due_at + interval '400 milliseconds' from publications where state = 'published' on conflict do nothing`,
    )
    await run(
      'attempts',
      `insert into attempts (publication_id, number, worker, started_at, ended_at, verdict)
       select id, 1, 'seed', due_at, due_at + interval '500 milliseconds', state from publications where attempt = 1 on conflict do nothing`,
    )
    await run(
      'journal',
      `insert into journal (publication_id, workspace_id, at, event, attempt, step, data)
       select p.id, p.workspace_id, p.due_at + e.k * interval '100 milliseconds', e.event, 1, e.step, e.data::jsonb
       from publications p, (values (0, 'attempt', null, '{"worker": "seed"}'), (1, 'step-begun', 'create', '{}'), (2, 'step-done', 'create', '{}'), (3, 'published', null, '{}')) e (k, event, step, data)
       where p.attempt = 1 order by p.due_at, e.k`,
    )
    await run(
      'gates',
      `insert into insight_looks (id, channel_id, next_at, looked_at) select id, id, ${now} + interval '6 hours', ${now} - interval '6 hours' from channels on conflict do nothing`,
    )
    await run(
      'looks',
      `insert into insight_looks (id, channel_id, publication_id, next_at, looked_at)
       select id, channel_id, id, case when published_at > ${now} - interval '90 days' then ${now} + random() * interval '7 days' + interval '1 minute' end, ${now} - interval '1 day'
       from publications where state = 'published' on conflict do nothing`,
    )
    await run(
      'snapshots',
      `insert into snapshots (channel_id, publication_id, at, metrics, raw)
       select channel_id, id, published_at + k * interval '1 day', '{"views": 120, "likes": 7, "comments": 1}', jsonb_build_object('answer', repeat('n', 150))
       from publications, generate_series(1, 8) k where state = 'published' and published_at > ${now} - interval '75 days' order by published_at, k`,
    )
    await run(
      'words',
      `insert into post_words (post_id, workspace_id, words) select id, workspace_id, words_of_post(id) from posts on conflict do nothing`,
    )
    await run(
      'kinds',
      `insert into post_kinds (post_id, kind, workspace_id) select id, kind_of_content(content), workspace_id from posts on conflict do nothing`,
    )
    await run(
      'counts',
      `insert into published_counts (n) select (select count(*) from publications where settled = 'published')
         - (select count(*) from uncounted) - (select coalesce(sum(n), 0) from published_counts)`,
    )
    await c.query(`set session_replication_role = origin; drop table plan`)
    for (const { name, definition } of indexes) await run(name, definition)
    await c.query('alter index post_words_keys alter column 1 set statistics 0')
    await run('vacuum analyze', 'vacuum (analyze)')
    const counts: Record<string, number> = {}
    for (const t of tables)
      counts[t] = Number((await c.query<{ n: number }>(`select count(*) as n from ${t}`)).rows[0]!.n)
    const one = async (i: string) =>
      (await c.query<{ id: string }>(`select pg_temp.v7(${now} - interval '3 years', '${i}') as id`)).rows[0]!.id
    const channel = await one('c0-1')
    const { rows: shown } = await c.query<{ id: string; external_id: string }>(
      `select id, external_id from publications where channel_id = $1 and state = 'published' order by post_id desc limit 1`,
      [channel],
    )
    return {
      ws: await one('w0'),
      channel,
      counted: shown[0]!.id,
      externalId: shown[0]!.external_id,
      quiet: await one(`c0-${channels - 1}`),
      from: new Date(o.now.getTime() - 45 * 86_400_000),
      to: new Date(o.now.getTime() - 15 * 86_400_000),
      counts,
    }
  } finally {
    // Its settings are not for the next who borrows it.
    c.release(true)
  }
}
