import { useState } from 'react'
import type { Channel } from '#contract/channels.ts'
import { cn } from '#ui/cn.ts'
import { language, useT } from '../i18n/index.ts'
import { nowIso } from '../lib/clock.ts'
import { PlatformMark, useBodies, useChannelName } from '../lib/registry.tsx'
import { attachedIds } from './attached.ts'
import { commentFor } from './draft.ts'
import { previewMedia, previewSegments } from './preview-media.ts'
import { sayOf } from './say.ts'
import type { Composer } from './use-composer.ts'

/** One channel's post as its network would show it, and the way to the others: seven at once are a page of 4,800 px. Addresses of pictures on their way are not there yet. */
export const Previews = ({ composer, channels }: { composer: Composer; channels: readonly Channel[] }) => {
  const t = useT()
  const bodies = useBodies()
  const nameOf = useChannelName(composer.channels)
  const [picked, setPicked] = useState<string | null>(null)
  if (channels.length === 0)
    return (
      <p className="rounded-xl border border-dashed border-line px-4 py-10 text-center text-sm text-muted">
        {t('composer.preview.empty')}
      </p>
    )
  const shown = channels.find((c) => c.id === picked) ?? channels[0]
  return (
    <div className="grid grid-cols-1 gap-4">
      {channels.length > 1 ? (
        <fieldset aria-label={t('composer.preview.choose')} className="flex flex-wrap gap-1.5">
          {channels.map((channel) => (
            <button
              key={channel.id}
              type="button"
              aria-pressed={channel === shown}
              aria-label={nameOf(channel)}
              title={nameOf(channel)}
              onClick={() => setPicked(channel.id)}
              className={cn(
                'grid size-9 place-items-center rounded-lg border',
                channel === shown ? 'border-accent bg-accent-soft' : 'border-line bg-surface hover:bg-sunken',
              )}
            >
              <PlatformMark id={channel.platform} className="size-4" />
            </button>
          ))}
        </fieldset>
      ) : null}
      {(shown ? [shown] : []).map((channel) => {
        const face = bodies.get(channel.platform)
        if (!face) return null
        const { Preview } = face
        const comment = face.spec.can.firstComment ? commentFor(composer.draft, channel.id) : ''
        const settings = composer.draft.channels.find((c) => c.channelId === channel.id)?.settings ?? {}
        return (
          <figure key={channel.id} className="min-w-0">
            <figcaption className="mb-1.5 flex items-center gap-1.5 text-xs font-medium text-muted">
              <PlatformMark id={channel.platform} className="size-3.5" />
              {nameOf(channel)}
            </figcaption>
            <div className="overflow-hidden rounded-xl border border-line">
              <Preview
                segments={previewSegments(composer, channel.id)}
                channel={{ name: channel.name, handle: channel.handle, avatarUrl: channel.avatarUrl }}
                settings={settings}
                {...(comment.trim() ? { firstComment: comment } : {})}
                attachments={Object.fromEntries(
                  attachedIds(face, settings).flatMap((id) => previewMedia(composer, id).map((m) => [id, m])),
                )}
                say={sayOf(face.words[language()])}
                at={composer.post?.dueAt ?? nowIso()}
              />
            </div>
          </figure>
        )
      })}
    </div>
  )
}
