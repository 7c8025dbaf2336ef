import { CircleAlert, TriangleAlert } from 'lucide-react'
import type { Channel } from '#contract/channels.ts'
import type { Finding } from '#kit/facts/preflight.ts'
import { Button } from '#ui/button.tsx'
import { cn } from '#ui/cn.ts'
import { language, useT } from '../i18n/index.ts'
import { findingText, wantsChoice } from '../lib/findings.ts'
import { PlatformMark, useBodies } from '../lib/registry.tsx'
import { limitOf } from './counters.tsx'
import { customise, type Draft, newSegment, segmentsFor, splitSegment, type Target } from './draft.ts'
import type { Composer } from './use-composer.ts'

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

/** What each network would refuse, why, and what to do; where one click repairs it, the click. */
export const Findings = ({
  composer,
  channels,
  toSettings,
}: {
  composer: Composer
  channels: readonly Channel[]
  toSettings: (channelId: string) => void
}) => {
  const t = useT()
  const bodies = useBodies()
  const rows = channels.flatMap((channel) =>
    (composer.findings.get(channel.id) ?? []).map((finding) => ({ channel, finding })),
  )
  rows.sort((a, b) => Number(b.finding.level === 'error') - Number(a.finding.level === 'error'))
  if (rows.length === 0) return null

  const repair = (channel: Channel, finding: Finding) => {
    const face = bodies.get(channel.platform)
    if (!face) return null
    if (finding.kind === 'thread.length' && face.spec.thread.max === 1) {
      return (
        <Button size="sm" onClick={() => composer.edit((d) => joinFor(d, channel.id))}>
          {t('composer.join')}
        </Button>
      )
    }
    if (finding.kind === 'text.length' && face.spec.thread.max > 1 && finding.segment !== undefined) {
      const segment = finding.segment
      return (
        <Button
          size="sm"
          onClick={() =>
            composer.edit((d) => {
              const own = ownVersion(d, channel.id)
              const whole = segmentsFor(own.draft, own.target)[segment]
              return whole
                ? splitSegment(
                    own.draft,
                    own.target,
                    whole.key,
                    face.text.split(whole.text, limitOf(face, composer, channel, whole)),
                  )
                : d
            })
          }
        >
          {t('composer.splitFor', { platform: face.spec.name })}
        </Button>
      )
    }
    return wantsChoice(finding) ? (
      <Button size="sm" onClick={() => toSettings(channel.id)}>
        {t('composer.toSettings', { platform: face.spec.name })}
      </Button>
    ) : null
  }

  return (
    <section aria-label={t('preflight.title')}>
      <h2 className="mb-2 text-sm font-medium">{t('preflight.title')}</h2>
      <ul className="grid grid-cols-1 gap-2" aria-live="polite">
        {rows.map(({ channel, finding }) => {
          const words = bodies.get(channel.platform)?.words[language()]
          const { message, remedy, lang } = findingText(t, finding, words)
          const error = finding.level === 'error'
          const Icon = error ? CircleAlert : TriangleAlert
          return (
            <li
              key={`${channel.id}:${finding.rule}:${finding.segment ?? ''}:${finding.media ?? ''}`}
              data-rule={finding.rule}
              className={cn(
                'flex flex-wrap items-start gap-x-3 gap-y-2 rounded-lg px-3.5 py-2.5 text-sm',
                error ? 'bg-danger-soft' : 'bg-warn-soft',
              )}
            >
              <Icon aria-hidden className={cn('mt-0.5 size-4 shrink-0', error ? 'text-danger' : 'text-warn')} />
              <div className="min-w-0 flex-1 basis-52">
                <p>
                  <span className="sr-only">{error ? t('preflight.error') : t('preflight.warning')}: </span>
                  <span className="inline-flex items-center gap-1.5 font-medium">
                    <PlatformMark id={channel.platform} className="size-3.5" />
                    {channel.name}:
                  </span>{' '}
                  <span lang={lang}>
                    {message} {remedy}
                  </span>
                </p>
              </div>
              {repair(channel, finding)}
            </li>
          )
        })}
      </ul>
    </section>
  )
}
