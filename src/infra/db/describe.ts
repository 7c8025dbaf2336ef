/** The schema of a database as SQL text, the same on every PostgreSQL version: what `schema.sql` holds. (The npm binaries bring no pg_dump.) */
import type pg from 'pg'

const columns = `
  select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
         a.attidentity as identity, a.attgenerated as generated, pg_get_expr(d.adbin, d.adrelid) as otherwise
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
   order by c.relname, a.attnum`
// From PostgreSQL 18 on, NOT NULL is a constraint too ('n'); it is told with its column.
const constraints = `
  select c.relname as table, k.conname as name, pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid
   where c.relnamespace = 'public'::regnamespace and k.contype in ('p', 'u', 'c', 'f', 'x')
   order by c.relname, k.contype = 'f', k.contype <> 'p', k.conname`
const indexes = `
  select pg_get_indexdef(i.indexrelid) as definition
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_class x on x.oid = i.indexrelid
   where c.relnamespace = 'public'::regnamespace and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
   order by c.relname, x.relname`
const options = `
  select c.relname as table, o as option from pg_class c cross join lateral unnest(c.reloptions) o
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1, 2`
const views = `select c.relname as name, pg_get_viewdef(c.oid) as definition from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'v' order by 1`
const functions = `
  select pg_get_functiondef(p.oid) as definition from pg_proc p
   where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p') and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')
   order by p.proname, p.oid`
const triggers = `
  select pg_get_triggerdef(t.oid) as definition from pg_trigger t join pg_class c on c.oid = t.tgrelid
   where c.relnamespace = 'public'::regnamespace and not t.tgisinternal order by c.relname, t.tgname`

type Column = {
  table: string
  name: string
  type: string
  required: boolean
  identity: string
  generated: string
  otherwise: string | null
}

const columnLine = (c: Column, quoted: string): string => {
  const value =
    c.generated === 's' ? ` generated always as (${c.otherwise}) stored` : c.otherwise ? ` default ${c.otherwise}` : ''
  const identity = c.identity ? ` generated ${c.identity === 'a' ? 'always' : 'by default'} as identity` : ''
  return `  ${quoted} ${c.type}${identity}${value}${c.required ? ' not null' : ''}`
}

/** Tables with their columns, constraints and settings, indexes, views, functions and triggers of the schema `public`. */
export const describeSchema = async (pool: pg.Pool): Promise<string> => {
  const quote = (name: string) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name}"`)
  const all = async <T extends pg.QueryResultRow>(sql: string) => (await pool.query<T>(sql)).rows
  const cols = await all<Column>(columns)
  const cons = await all<{ table: string; name: string; definition: string }>(constraints)
  const opts = await all<{ table: string; option: string }>(options)
  const tables = [...new Set(cols.map((c) => c.table))].map((table) => {
    const lines = [
      ...cols.filter((c) => c.table === table).map((c) => columnLine(c, quote(c.name))),
      ...cons
        .filter((c) => c.table === table && !c.definition.startsWith('FOREIGN'))
        .map((c) => `  constraint ${quote(c.name)} ${c.definition}`),
    ]
    const own = opts.filter((o) => o.table === table).map((o) => o.option)
    const settings = own.length > 0 ? ` with (${own.join(', ')})` : ''
    return `create table ${quote(table)} (\n${lines.join(',\n')}\n)${settings};`
  })
  const foreign = cons
    .filter((c) => c.definition.startsWith('FOREIGN'))
    .map((c) => `alter table ${quote(c.table)} add constraint ${quote(c.name)} ${c.definition};`)
  const ends = async (sql: string) => (await all<{ definition: string }>(sql)).map((r) => `${r.definition};`)
  const parts = [
    ...tables,
    // Indexes may be made of what they give.
    ...(await ends(functions)),
    foreign.join('\n'),
    (await ends(indexes)).join('\n').replaceAll(' ON public.', ' ON '),
    ...(await all<{ name: string; definition: string }>(views)).map(
      (v) => `create view ${quote(v.name)} as\n${v.definition}`,
    ),
    (await ends(triggers)).join('\n'),
  ]
  return `${parts.filter(Boolean).join('\n\n')}\n`
}
