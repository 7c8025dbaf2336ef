import { Check, History, Search } from 'lucide-react'
import { useId, useState } from 'react'
import { Link } from 'react-router'
import type { Channel } from '#contract/channels.ts'
import { Avatar } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { cn } from '#ui/cn.ts'
import { Input } from '#ui/field.tsx'
import { Notice } from '#ui/notice.tsx'
import { useT } from '../i18n/index.ts'
import { PlatformMark, useChannelName, useFaces } from '../lib/registry.tsx'
import { useSession } from '../shell/session.tsx'
import { chooseChannels, toggleChannel } from './draft.ts'
import { lastChannels } from './local.ts'
import type { Composer } from './use-composer.ts'

/** From this many channels on, a person finds one by its name rather than by looking. */
const manyChannels = 9

/** Which channels this post goes to. Channels that cannot publish now say so on their button. */
export const ChannelPicker = ({ composer, disabled }: { composer: Composer; disabled: boolean }) => {
  const t = useT()
  const faces = useFaces()
  const nameOf = useChannelName(composer.channels)
  const { ws } = useSession()
  const title = useId()
  const [query, setQuery] = useState('')
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
  const last = lastChannels(ws.id, localStorage)
    .read()
    .filter((id) => channels.some((c) => c.id === id))
  const many = channels.length >= manyChannels
  const named = (c: Channel) => faces.get(c.platform)?.spec.name ?? c.platform
  const wanted = query.trim().toLocaleLowerCase()
  const shown = channels.filter((c) => `${c.name} ${c.handle} ${named(c)}`.toLocaleLowerCase().includes(wanted))
  const all = shown.every((c) => draft.channels.some((x) => x.channelId === c.id))
  return (
    <section>
      <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-2">
        <h2 id={title} className="text-sm font-medium">
          {t('composer.channels')}
        </h2>
        {last.length > 0 && chosen.length === 0 ? (
          <Button tone="quiet" size="sm" disabled={disabled} onClick={() => edit((d) => chooseChannels(d, last, true))}>
            <History aria-hidden />
            {t('composer.channels.last', { count: last.length })}
          </Button>
        ) : null}
        {many ? (
          <>
            <span className="text-sm text-muted tabular-nums">
              {t('composer.channels.chosen', { count: chosen.length, of: channels.length })}
            </span>
            <div className="ml-auto flex items-center gap-1">
              <Button
                tone="quiet"
                size="sm"
                disabled={disabled || shown.length === 0}
                onClick={() =>
                  edit((d) =>
                    chooseChannels(
                      d,
                      shown.map((c) => c.id),
                      !all,
                    ),
                  )
                }
              >
                {t(all ? 'composer.channels.none' : 'composer.channels.all')}
              </Button>
              <div className="relative w-36 sm:w-44">
                <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-muted" />
                <Input
                  type="search"
                  aria-label={t('composer.channels.find')}
                  placeholder={t('composer.channels.find')}
                  className="h-8 pl-8 text-sm"
                  value={query}
                  onChange={(e) => setQuery(e.target.value)}
                />
              </div>
            </div>
          </>
        ) : null}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot share its line with the search */}
      <div
        role="group"
        aria-labelledby={title}
        className={cn(many ? 'grid grid-cols-2 gap-2 sm:grid-cols-3' : 'flex flex-wrap gap-2')}
      >
        {shown.map((channel) => {
          const on = draft.channels.some((c) => c.channelId === channel.id)
          return (
            <button
              key={channel.id}
              type="button"
              aria-pressed={on}
              disabled={disabled}
              title={many ? `${channel.name} · ${named(channel)}` : undefined}
              onClick={() => edit((d) => toggleChannel(d, channel.id))}
              className={cn(
                'relative flex min-h-12 max-w-full min-w-0 items-center gap-2.5 rounded-xl border py-1.5 pr-2.5 pl-2 text-left transition-colors',
                on ? 'border-accent bg-accent-soft' : 'border-line bg-surface hover:bg-sunken',
              )}
            >
              <Avatar
                name={channel.name}
                src={channel.avatarUrl}
                size={32}
                mark={<PlatformMark id={channel.platform} className="size-3" />}
              />
              <span className="min-w-0 flex-1">
                <span className="block truncate text-sm leading-tight font-medium">{channel.name}</span>
                <span className="block truncate text-xs text-muted">{named(channel)}</span>
              </span>
              {on ? (
                <span
                  aria-hidden
                  className="absolute -top-1.5 -right-1.5 grid size-4.5 place-items-center rounded-full bg-accent text-on-accent"
                >
                  <Check className="size-3" strokeWidth={3} />
                </span>
              ) : null}
            </button>
          )
        })}
        {shown.length === 0 ? (
          <p className="col-span-full py-2 text-sm text-muted">{t('composer.channels.nobody')}</p>
        ) : null}
      </div>
      {troubled.map((channel) => (
        <p key={channel.id} className="mt-2 text-sm text-warn">
          {channel.pausedAt
            ? t('composer.channelPaused', { name: nameOf(channel) })
            : t('composer.channelTrouble', { name: nameOf(channel) })}
        </p>
      ))}
    </section>
  )
}
