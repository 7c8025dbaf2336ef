import type { Channel } from '#contract/channels.ts'
import { type Room, roomOf } from '#kit/facts/room.ts'
import type { WebBody } from '#kit/web/slots.ts'
import { cn } from '#ui/cn.ts'
import { useT } from '../i18n/index.ts'
import { PlatformMark, useBodies } from '../lib/registry.tsx'
import { preflightDraft, type Segment } from './draft.ts'
import type { Composer } from './use-composer.ts'

/** The room of a segment on this channel, as the server will judge it. */
export const segmentRoom = (face: WebBody, composer: Composer, channel: Channel, segment: Segment): Room =>
  roomOf(face, preflightDraft(composer.draft, channel, composer.media), segment.text, segment.mediaIds.length > 0)

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
        const { actual, max, bytes } = segmentRoom(face, composer, channel, segment)
        const id = `${channel.platform}:${actual}:${max}`
        if (seen.has(id)) return null
        seen.add(id)
        const left = max - actual
        // A second limit is told of when it is the one that is broken.
        const overBytes = left >= 0 && bytes ? Math.max(0, bytes.actual - bytes.max) : 0
        return (
          <li
            key={id}
            className={cn(
              'flex items-center gap-1.5',
              left < 0 || overBytes > 0 ? 'font-semibold text-danger' : left <= max * 0.1 ? 'text-warn' : 'text-muted',
            )}
          >
            <PlatformMark id={channel.platform} className="size-3.5" />
            <span aria-hidden>{overBytes > 0 ? t('composer.bytes', { n: -overBytes }) : left}</span>
            <span className="sr-only">
              {overBytes > 0
                ? t('composer.overBytes', { platform: face.spec.name, count: overBytes })
                : left < 0
                  ? t('composer.over', { platform: face.spec.name, count: -left })
                  : t('composer.left', { platform: face.spec.name, count: left })}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
