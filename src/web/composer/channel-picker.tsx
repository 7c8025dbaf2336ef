import { Check } from 'lucide-react'
import { Link } from 'react-router'
import { Avatar } from '#ui/bits.tsx'
import { cn } from '#ui/cn.ts'
import { Notice } from '#ui/notice.tsx'
import { useT } from '../i18n/index.ts'
import { PlatformMark, useFaces } from '../lib/registry.tsx'
import { toggleChannel } from './draft.ts'
import type { Composer } from './use-composer.ts'

/** Which channels this post goes to. Channels that cannot publish now say so on their button. */
export const ChannelPicker = ({ composer, disabled }: { composer: Composer; disabled: boolean }) => {
  const t = useT()
  const faces = useFaces()
  const { channels, draft, edit, chosen } = composer
  const troubled = chosen.filter((c) => c.state !== 'ok' || c.pausedAt)
  if (channels.length === 0) {
    return (
      <Notice tone="info" title={t('composer.noChannels')}>
        <Link to="/channels" className="text-accent-ink underline underline-offset-2">
          {t('composer.noChannels.link')}
        </Link>
      </Notice>
    )
  }
  return (
    <fieldset disabled={disabled}>
      <legend className="mb-2 text-sm font-medium">{t('composer.channels')}</legend>
      <div className="flex flex-wrap gap-2">
        {channels.map((channel) => {
          const on = draft.channels.some((c) => c.channelId === channel.id)
          return (
            <button
              key={channel.id}
              type="button"
              aria-pressed={on}
              onClick={() => edit((d) => toggleChannel(d, channel.id))}
              className={cn(
                'flex min-h-12 max-w-full items-center gap-2.5 rounded-xl border py-1.5 pr-3 pl-2 text-left transition-colors',
                on ? 'border-accent bg-accent-soft' : 'border-line bg-surface hover:bg-sunken',
              )}
            >
              <Avatar
                name={channel.name}
                src={channel.avatarUrl}
                size={32}
                mark={<PlatformMark id={channel.platform} className="size-3" />}
              />
              <span className="min-w-0">
                <span className="block truncate text-sm leading-tight font-medium">{channel.name}</span>
                <span className="block truncate text-xs text-muted">
                  {faces.get(channel.platform)?.spec.name ?? channel.platform}
                </span>
              </span>
              <Check aria-hidden className={cn('size-4 shrink-0 text-accent-ink', on ? '' : 'invisible')} />
            </button>
          )
        })}
      </div>
      {troubled.map((channel) => (
        <p key={channel.id} className="mt-2 text-sm text-warn">
          {channel.pausedAt
            ? t('composer.channelPaused', { name: channel.name })
            : t('composer.channelTrouble', { name: channel.name })}
        </p>
      ))}
    </fieldset>
  )
}
