import type { Channel } from '#contract/channels.ts'
import { useT } from '../i18n/index.ts'
import { nowIso } from '../lib/clock.ts'
import { PlatformMark, useBodies } from '../lib/registry.tsx'
import { partsFor } from './draft.ts'
import type { Composer } from './use-composer.ts'

/** Each channel's post as its network would show it. Addresses of pictures on their way are not there yet. */
export const Previews = ({ composer, channels }: { composer: Composer; channels: readonly Channel[] }) => {
  const t = useT()
  const bodies = useBodies()
  if (channels.length === 0)
    return (
      <p className="rounded-xl border border-dashed border-line px-4 py-10 text-center text-sm text-muted">
        {t('composer.preview.empty')}
      </p>
    )
  return (
    <div className="grid grid-cols-1 gap-5">
      {channels.map((channel) => {
        const face = bodies.get(channel.platform)
        if (!face) return null
        const { Preview } = face
        const segments = partsFor(composer.draft, channel.id).map((part) => ({
          text: part.text,
          media: part.mediaIds.flatMap((id) => {
            const item = composer.media[id]
            return item
              ? [
                  {
                    id,
                    kind: item.kind,
                    url: item.url,
                    alt: composer.draft.alts[id] ?? item.alt,
                    width: item.width,
                    height: item.height,
                  },
                ]
              : []
          }),
        }))
        return (
          <figure key={channel.id} className="min-w-0">
            <figcaption className="mb-1.5 flex items-center gap-1.5 text-xs font-medium text-muted">
              <PlatformMark id={channel.platform} className="size-3.5" />
              {t('composer.preview.on', { platform: face.spec.name })}
            </figcaption>
            <div className="overflow-hidden rounded-xl border border-line">
              <Preview
                segments={segments}
                channel={{ name: channel.name, handle: channel.handle, avatarUrl: channel.avatarUrl }}
                settings={composer.draft.channels.find((c) => c.channelId === channel.id)?.settings ?? {}}
                at={composer.post?.dueAt ?? nowIso()}
              />
            </div>
          </figure>
        )
      })}
    </div>
  )
}
