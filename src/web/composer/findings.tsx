import { CircleAlert, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { Channel } from '#contract/channels.ts'
import type { acceptable } from '#contract/posts.ts'
import { Button } from '#ui/button.tsx'
import { cn } from '#ui/cn.ts'
import { language, maybe, useT } from '../i18n/index.ts'
import { findingText } from '../lib/findings.ts'
import { PlatformMarks, useBodies, useChannelName } from '../lib/registry.tsx'
import { segmentRoom } from './counters.tsx'
import { acceptFinding, customise, type Draft, newSegment, segmentsFor, splitSegment, type Target } from './draft.ts'
import { groupTroubles, type Place, placeOf, type Seen, type Trouble } from './troubles.ts'
import type { Composer } from './use-composer.ts'

/** The list itself, for the way to it from the action bar. */
export const findingsField = 'findings'

/** Which version a repair changes: the shared text when nobody else shows it, else the channel's own. */
const ownVersion = (draft: Draft, channelId: string): { draft: Draft; target: Target } =>
  draft.channels.length === 1 && !draft.channels[0]?.segments
    ? { draft, target: null }
    : { draft: customise(draft, channelId), target: channelId }

/** Joins a thread into one post, for networks that have none. */
export const joinFor = (draft: Draft, channelId: string): Draft => {
  const own = ownVersion(draft, channelId)
  const segments = segmentsFor(own.draft, own.target)
  const joined = newSegment(
    segments
      .map((p) => p.text.trim())
      .filter(Boolean)
      .join('\n\n'),
    segments.flatMap((p) => p.mediaIds),
  )
  return own.target === null
    ? { ...own.draft, segments: [joined] }
    : {
        ...own.draft,
        channels: own.draft.channels.map((c) => (c.channelId === own.target ? { ...c, segments: [joined] } : c)),
      }
}

/** Sentences shown without asking; the rest behind one press. */
const shownAtOnce = 3

/** The problems of these channels, one for each thing to do. */
export const useTroubles = (composer: Composer, channels: readonly Channel[]): Trouble[] => {
  const t = useT()
  const bodies = useBodies()
  const seen = channels.flatMap((channel) =>
    (composer.findings.get(channel.id) ?? []).map((finding) => ({
      channelId: channel.id,
      finding,
      text: findingText(t, finding, bodies.get(channel.platform)?.words[language()]),
    })),
  )
  return groupTroubles(seen, (kind) => maybe(t, `problem.${kind}`))
}

/** What each network would refuse, why, and what to do: each problem once, with the way to its field or its repair. */
export const Findings = ({
  composer,
  channels,
  troubles,
  goTo,
}: {
  composer: Composer
  channels: readonly Channel[]
  troubles: readonly Trouble[]
  goTo: (place: Place) => void
}) => {
  const t = useT()
  const bodies = useBodies()
  const nameOf = useChannelName(composer.channels)
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  if (troubles.length === 0) return null
  const channelOf = (id: string) => channels.find((c) => c.id === id)

  /** One press that puts it right for this channel; null where only a person can. */
  const repair = ({ channelId, finding }: Seen) => {
    const channel = channelOf(channelId)
    const face = channel && bodies.get(channel.platform)
    if (!channel || !face) return null
    if (finding.kind === 'thread.length' && face.spec.thread.max === 1)
      return (
        <Button size="sm" onClick={() => composer.edit((d) => joinFor(d, channel.id))}>
          {t('composer.join')}
        </Button>
      )
    if (finding.acceptable && finding.level === 'error')
      return (
        <Button size="sm" onClick={() => composer.edit((d) => acceptFinding(d, finding.kind))}>
          {t(`composer.accept.${finding.kind as (typeof acceptable)[number]}`)}
        </Button>
      )
    if (
      !['text.length', 'text.bytes'].includes(finding.kind) ||
      face.spec.thread.max <= 1 ||
      finding.segment === undefined
    )
      return null
    const at = finding.segment
    return (
      <Button
        size="sm"
        onClick={() =>
          composer.edit((d) => {
            const own = ownVersion(d, channel.id)
            const segment = segmentsFor(own.draft, own.target)[at]
            return segment
              ? splitSegment(
                  own.draft,
                  own.target,
                  segment.key,
                  face.text.split(segment.text, segmentRoom(face, composer, channel, segment).max),
                )
              : d
          })
        }
      >
        {t('composer.splitFor', { platform: face.spec.name })}
      </Button>
    )
  }
  const lead = (seen: Seen) => {
    const place = placeOf(composer.draft, seen)
    if (!place) return null
    const platform = bodies.get(channelOf(seen.channelId)?.platform ?? '')?.spec.name ?? ''
    return (
      <Button size="sm" onClick={() => goTo(place)}>
        {place.kind === 'settings' ? t('composer.toSettings', { platform }) : t(`problem.go.${place.what}`)}
      </Button>
    )
  }
  const where = (ids: readonly string[]) => (
    <span className="inline-flex flex-wrap items-center gap-x-2 gap-y-1 text-muted">
      <PlatformMarks ids={ids.map((id) => channelOf(id)?.platform ?? '')} most={7} className="size-3.5" />
      <span>
        {ids.length === 1
          ? ids.flatMap((id) => channelOf(id) ?? []).map(nameOf)
          : t('problem.channels', { count: ids.length })}
      </span>
    </span>
  )

  return (
    <section aria-label={t('preflight.title')} data-field={findingsField} tabIndex={-1} className="scroll-mt-4">
      <h2 className="mb-2 text-sm font-medium">{t('preflight.title')}</h2>
      <ul className="grid grid-cols-1 gap-2" aria-live="polite">
        {troubles.map((trouble) => {
          const { key, level, title, sentences, channelIds, files } = trouble
          const error = level === 'error'
          const Icon = error ? CircleAlert : TriangleAlert
          const one = sentences.length === 1 ? sentences[0] : undefined
          const first = sentences[0]?.seen[0]
          const at = (seen: Seen) => JSON.stringify(placeOf(composer.draft, seen))
          const elsewhere = (seen: Seen) => first !== undefined && at(seen) !== at(first)
          const shown = sentences.slice(0, open.has(key) ? undefined : shownAtOnce)
          const head = title ?? one?.text.message
          return (
            <li
              key={key}
              data-rule={[...new Set(sentences.flatMap((s) => s.seen.map((x) => x.finding.rule)))].join(' ')}
              className={cn(
                'flex flex-wrap items-start gap-x-3 gap-y-2 rounded-lg px-3.5 py-2.5 text-sm',
                error ? 'bg-danger-soft' : 'bg-warn-soft',
              )}
            >
              <Icon aria-hidden className={cn('mt-0.5 size-4 shrink-0', error ? 'text-danger' : 'text-warn')} />
              <div className="grid min-w-0 flex-1 basis-52 gap-1">
                <p className="flex flex-wrap items-center gap-x-3 gap-y-0.5">
                  <span className="sr-only">{error ? t('preflight.error') : t('preflight.warning')}: </span>
                  <span className="font-medium" lang={title ? undefined : one?.text.lang}>
                    {head}
                  </span>
                  {where(channelIds)}
                  {files > 1 ? <span className="text-muted">{t('problem.files', { count: files })}</span> : null}
                </p>
                {one ? (
                  <p lang={one.text.lang}>
                    {title && one.text.message !== title ? one.text.message : null} {one.text.remedy}
                  </p>
                ) : (
                  <ul className="grid gap-1.5">
                    {shown.map((s) => (
                      <li
                        key={`${s.text.message} ${s.text.remedy}`}
                        className="flex flex-wrap items-center gap-x-3 gap-y-1"
                      >
                        <span className="min-w-0 flex-1 basis-48" lang={s.text.lang}>
                          {s.text.message} {s.text.remedy}
                        </span>
                        {s.seen[0] ? (repair(s.seen[0]) ?? (elsewhere(s.seen[0]) ? lead(s.seen[0]) : null)) : null}
                      </li>
                    ))}
                  </ul>
                )}
                {sentences.length > shown.length ? (
                  <button
                    type="button"
                    className="w-fit rounded text-sm font-medium underline underline-offset-2"
                    onClick={() => setOpen(new Set([...open, key]))}
                  >
                    {t('problem.more', { count: sentences.length - shown.length })}
                  </button>
                ) : null}
              </div>
              <div className="flex flex-wrap gap-2 empty:hidden">
                {first && one ? repair(first) : null}
                {first ? lead(first) : null}
              </div>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
