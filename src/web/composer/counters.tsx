import type { Channel } from '#contract/channels.ts'
import type { WebBody } from '#kit/web/slots.ts'
import { cn } from '#ui/cn.ts'
import { useT } from '../i18n/index.ts'
import { PlatformMark, useBodies } from '../lib/registry.tsx'
import { preflightDraft, type Segment } from './draft.ts'
import type { Composer } from './use-composer.ts'

/** Longest text this channel takes in a segment, in the network's own unit. */
export const limitOf = (face: WebBody, composer: Composer, channel: Channel, segment: Segment): number => {
  const { text } = face.limitsFor?.(face.spec, preflightDraft(composer.draft, channel, composer.media)) ?? face.spec
  return segment.mediaIds.length > 0 ? (text.maxWithMedia ?? text.max) : text.max
}

/** What is left for each channel that shows this segment, counted by the network's own rules. */
export const Counters = ({
  composer,
  segment,
  channels,
}: {
  composer: Composer
  segment: Segment
  channels: readonly Channel[]
}) => {
  const t = useT()
  const bodies = useBodies()
  const seen = new Set<string>()
  return (
    <ul
      className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs tabular-nums"
      aria-label={t('composer.counters')}
    >
      {channels.map((channel) => {
        const face = bodies.get(channel.platform)
        if (!face) return null
        const limit = limitOf(face, composer, channel, segment)
        const id = `${channel.platform}:${limit}`
        if (seen.has(id)) return null
        seen.add(id)
        const left = limit - face.text.count(segment.text)
        return (
          <li
            key={id}
            className={cn(
              'flex items-center gap-1.5',
              left < 0 ? 'font-semibold text-danger' : left <= limit * 0.1 ? 'text-warn' : 'text-muted',
            )}
          >
            <PlatformMark id={channel.platform} className="size-3.5" />
            <span aria-hidden>{left}</span>
            <span className="sr-only">
              {left < 0
                ? t('composer.over', { platform: face.spec.name, count: -left })
                : t('composer.left', { platform: face.spec.name, count: left })}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
