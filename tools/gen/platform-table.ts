/** `docs/platforms.md`: what each platform can do and its limits, read from the specs and samples. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { mediaLimits } from '#contract/media.ts'
import type { Sample } from '#kit/facts/samples.ts'
import type { Budget, ConnectKind, PlatformSpec } from '#kit/facts/spec.ts'
import { platformIds } from './registry.ts'

const isSpec = (value: unknown): value is PlatformSpec =>
  typeof value === 'object' && value !== null && 'hosts' in value && 'thread' in value && 'pace' in value

/** The spec a platform's `spec.ts` exports (by whatever name), or why there is none. */
const loadSpec = async (file: string): Promise<PlatformSpec | string> => {
  if (!existsSync(file)) return 'has no spec.ts'
  try {
    const exported: Record<string, unknown> = await import(pathToFileURL(file).href)
    return Object.values(exported).find(isSpec) ?? 'exports no spec from spec.ts'
  } catch (error) {
    return `has a spec.ts that does not load: ${(error as Error).message.split('\n')[0]}`
  }
}

/** Content types, as the samples name them; none when there are no samples. */
const loadTypes = async (file: string): Promise<string[]> => {
  if (!existsSync(file)) return []
  const { default: list } = (await import(pathToFileURL(file).href)) as { default?: readonly Sample[] }
  return (list ?? []).map((s) => (s.channel ? `${s.type} (${s.channel})` : s.type))
}

const yes = (value: boolean) => (value ? 'yes' : 'no')
const number = (n: number) => String(n).replace(/\B(?=(\d{3})+$)/g, ',')
const size = (bytes: number) =>
  bytes >= 1_000_000_000
    ? `${Math.round(bytes / 100_000_000) / 10} GB`
    : bytes >= 1_000_000
      ? `${Math.round(bytes / 100_000) / 10} MB`
      : `${Math.round(bytes / 1000)} kB`
const types = (list: readonly string[]) => list.map((t) => t.split('/')[1]).join(', ')
const span = (ms: number) =>
  ms >= 3_600_000 ? `${ms / 3_600_000} h` : ms >= 120_000 ? `${ms / 60_000} min` : `${ms / 1000} s`
const joined = (...parts: (string | number | false | undefined)[]) => parts.filter(Boolean).join(', ')

const text = ({ text: t }: PlatformSpec) =>
  [
    `${number(t.max)} ${t.unit}`,
    t.maxBytes && `${number(t.maxBytes)} bytes`,
    t.maxWithMedia && `${number(t.maxWithMedia)} with media`,
  ]
    .filter(Boolean)
    .join('; ')

const ahead = ({ ahead: steps = {} }: PlatformSpec) =>
  Object.entries(steps)
    .map(([step, ms]) => `${step} ${span(ms)}`)
    .join(', ') || 'no'

const aspect = (a: { min: number; max: number } | undefined) =>
  a && `${Number(a.min.toFixed(2))}:1 to ${Number(a.max.toFixed(2))}:1`

const images = ({ media: m }: PlatformSpec) =>
  m.image
    ? joined(
        `${m.min ? `${m.min} to ` : 'up to '}${m.max}`,
        types(m.image.types),
        `${size(m.image.maxBytes)} each`,
        aspect(m.image.aspect),
      )
    : 'no'

const videos = ({ media: m }: PlatformSpec) =>
  m.video
    ? joined(
        `up to ${m.mix === 'alone' ? 1 : (m.video.max ?? m.max)}`,
        types(m.video.types),
        m.video.maxBytes > mediaLimits.videoBytes
          ? `${size(mediaLimits.videoBytes)} here (${size(m.video.maxBytes)} there)`
          : size(m.video.maxBytes),
        m.video.minMs !== undefined && `from ${span(m.video.minMs)}`,
        m.video.maxMs !== undefined && `up to ${span(m.video.maxMs)}`,
        aspect(m.video.aspect),
      )
    : 'no'

const documents = ({ media: m }: PlatformSpec) =>
  m.document
    ? joined(types(m.document.types), size(m.document.maxBytes), m.document.maxPages && `${m.document.maxPages} pages`)
    : 'no'

const connects: Record<ConnectKind, string> = {
  redirect: 'signing in there (OAuth)',
  form: 'typing credentials in',
  code: 'a code posted there',
}
const ways = (spec: PlatformSpec) => spec.ways?.map((w) => w.label).join(' or ') ?? connects[spec.connect]
/** Money is counted to be shown; its cap only keeps the count from running away. */
const budget = (b: Budget) => (b.money ? `${b.label}, in ${b.money.currency}` : `${number(b.cap)} ${b.label}`)

/** Two Markdown tables of one row per platform. `platformsDir` is a tree's `src/platforms`. */
export const platformTable = async (platformsDir: string): Promise<{ text: string; missing: string[] }> => {
  const missing: string[] = []
  const can: string[] = []
  const limits: string[] = []
  const reasons: string[] = []
  const blind: string[] = []
  for (const id of platformIds(platformsDir)) {
    const spec = await loadSpec(join(platformsDir, id, 'spec.ts'))
    if (typeof spec === 'string') {
      missing.push(`src/platforms/${id} ${spec}: it is left out of docs/platforms.md`)
      continue
    }
    const name = `[${spec.name}](../src/platforms/${id}/README.md)`
    const kinds = await loadTypes(join(platformsDir, id, 'samples.ts'))
    const { firstComment, edit, remove, insights, webhook, readBack } = spec.can
    can.push(
      [name, `\`${id}\``, ways(spec), spec.channelKinds.join(', '), kinds.join(', ') || 'none named']
        .concat([firstComment, edit, remove, insights, webhook, readBack].map(yes), spec.verified)
        .join(' | '),
    )
    limits.push(
      [
        name,
        text(spec),
        spec.thread.max > 1 ? `up to ${spec.thread.max}` : 'no',
        images(spec),
        videos(spec),
        documents(spec),
        (spec.budgets ?? []).map(budget).join('; ') || 'none',
        ahead(spec),
      ].join(' | '),
    )
    for (const [what, why] of Object.entries(spec.why ?? {})) reasons.push(`- ${spec.name}, ${what}: ${why}`)
    for (const u of spec.unknowable ?? []) blind.push(`- ${spec.name}, ${u.types.join(', ')}: ${u.why}`)
  }
  const table = (head: readonly string[], rows: readonly string[]) => [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row} |`),
  ]
  const lines = [
    '# Platforms',
    '',
    '<!-- Generated by `npm run gen` from spec.ts and samples.ts of src/platforms. Do not edit. -->',
    '',
    '## What each can do',
    '',
    'Read-back says whether Clarion can look at the network after a lost answer. Where it says no, a publication whose',
    'answer was lost becomes `unconfirmed`, and a person says whether it is there.',
    '',
    ...table(
      [
        'network',
        'id',
        'connect',
        'channels',
        'content types',
        'first comment',
        'edit',
        'take down',
        'insights',
        'webhooks',
        'read-back',
        'checked',
      ],
      can,
    ),
    '',
    '## Limits',
    '',
    'The widest each network takes; a content type, an account or a setting may narrow them, and the composer says so.',
    'Budgets are what Clarion itself counts and keeps. Prepared ahead are the steps that run before the due time, with how',
    'long their result is trusted to live there.',
    '',
    ...table(['network', 'text', 'thread', 'pictures', 'video', 'document', 'budgets', 'prepared ahead'], limits),
    ...(blind.length > 0
      ? ['', '## Where nobody can look', '', 'A lost answer to one of these may end `unconfirmed`:', '', ...blind]
      : []),
    ...(reasons.length > 0 ? ['', '## Why not', '', ...reasons] : []),
    '',
  ]
  return { text: lines.join('\n'), missing }
}
