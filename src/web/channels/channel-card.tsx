import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ExternalLink, MoreHorizontal, Pause, Play, PlugZap, RefreshCw, Unplug } from 'lucide-react'
import { useState } from 'react'
import type { Channel } from '#contract/channels.ts'
import { Badge } from '#ui/badge.tsx'
import { Avatar } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Menu, MenuItem, MenuLine } from '#ui/menu.tsx'
import { Notice } from '#ui/notice.tsx'
import { api } from '../api/client.ts'
import { accountQuery, channelInsightsQuery } from '../api/queries.ts'
import { useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { QuotaLine, telling } from '../lib/quotas.tsx'
import { PlatformMark, useChannelName, useFace } from '../lib/registry.tsx'
import { say, sayError } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'

/** One connected account: is it well, what waits on it, and what can be done. */
export const ChannelCard = ({ channel, reconnect }: { channel: Channel; reconnect: () => void }) => {
  const t = useT()
  const { ws, can } = useSession()
  const format = useFormat()
  const client = useQueryClient()
  const face = useFace(channel.platform)
  const [leaving, setLeaving] = useState(false)
  const name = useChannelName()(channel)
  const params = { ws: ws.id, id: channel.id }
  const counted = useQuery({ ...channelInsightsQuery(ws.id, channel.id), enabled: face?.spec.can.insights === true })
  const followers = counted.data?.latest?.metrics.followers
  const engagement = counted.data?.engagement
  const account = useQuery({ ...accountQuery(ws.id, channel.id), enabled: channel.state === 'ok' })
  const quotas = telling(account.data?.quotas ?? [])
  const settled = () => client.invalidateQueries({ queryKey: [ws.id, 'channels'] })
  const act = useMutation({
    mutationFn: (what: 'channelPause' | 'channelResume' | 'channelCheck') => api(what, { params }),
    onSuccess: (next, what) =>
      what === 'channelCheck' && next.state !== 'ok' ? undefined : say(t(`channels.done.${what}`, { name })),
    onError: (e) => sayError(t, e),
    onSettled: settled,
  })
  const remove = useMutation({
    mutationFn: () => api('channelRemove', { params }),
    onSuccess: () => say(t('channels.removed', { name })),
    onError: (e) => sayError(t, e),
    onSettled: () => {
      setLeaving(false)
      return settled()
    },
  })
  const health = channel.state === 'ok' ? 'ok' : channel.state === 'reconnect' ? 'warn' : 'danger'
  return (
    <article aria-label={name} className="flex flex-col rounded-xl border border-line bg-surface p-5 shadow-card">
      <div className="flex items-start gap-3.5">
        <Avatar
          name={channel.name}
          src={channel.avatarUrl}
          size={44}
          mark={<PlatformMark id={channel.platform} className="size-4" />}
        />
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-semibold" title={channel.name}>
            {channel.name}
          </h2>
          <p className="truncate text-sm text-muted" title={channel.handle}>
            {face?.spec.name ?? channel.platform} · {channel.handle}
          </p>
        </div>
        <Menu
          trigger={
            <Button tone="quiet" size="icon-sm" aria-label={t('channels.more', { name })}>
              <MoreHorizontal aria-hidden />
            </Button>
          }
        >
          {channel.profileUrl ? (
            <MenuItem asChild>
              <a href={channel.profileUrl} target="_blank" rel="noreferrer">
                <ExternalLink aria-hidden />
                {t('channels.profile')}
              </a>
            </MenuItem>
          ) : null}
          {can('editor') ? (
            <MenuItem onSelect={() => act.mutate('channelCheck')}>
              <RefreshCw aria-hidden />
              {t('channels.check')}
            </MenuItem>
          ) : null}
          {can('editor') ? (
            <MenuItem onSelect={() => act.mutate(channel.pausedAt ? 'channelResume' : 'channelPause')}>
              {channel.pausedAt ? <Play aria-hidden /> : <Pause aria-hidden />}
              {t(channel.pausedAt ? 'channels.resume' : 'channels.pause')}
            </MenuItem>
          ) : null}
          {can('admin') ? (
            <>
              <MenuItem onSelect={reconnect}>
                <PlugZap aria-hidden />
                {t('channels.reconnect')}
              </MenuItem>
              <MenuLine />
              <MenuItem danger onSelect={() => setLeaving(true)}>
                <Unplug aria-hidden />
                {t('channels.disconnect')}
              </MenuItem>
            </>
          ) : null}
        </Menu>
      </div>
      <div className="mt-4 flex flex-wrap gap-2">
        <Badge tone={health}>{t(`channels.state.${channel.state}`)}</Badge>
        {channel.pausedAt ? <Badge tone="warn">{t('channels.paused')}</Badge> : null}
        {channel.realm === 'sandbox' ? <Badge tone="info">{t('realm.sandbox')}</Badge> : null}
      </div>
      {channel.state === 'ok' ? null : (
        <Notice
          className="mt-3"
          tone={channel.state === 'reconnect' ? 'warn' : 'danger'}
          action={
            can('admin') && channel.state === 'reconnect' ? (
              <Button size="sm" onClick={reconnect}>
                {t('channels.reconnect')}
              </Button>
            ) : null
          }
        >
          {channel.stateReason ? (
            <span lang="en">{channel.stateReason}</span>
          ) : (
            t(`channels.state.${channel.state}.means`)
          )}
        </Notice>
      )}
      {channel.pausedAt ? (
        <Notice
          className="mt-3"
          tone="warn"
          action={
            can('editor') ? (
              <Button size="sm" busy={act.isPending} onClick={() => act.mutate('channelResume')}>
                {t('channels.resume')}
              </Button>
            ) : null
          }
        >
          {t('channels.paused.means')}
        </Notice>
      ) : null}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 pt-4 text-sm">
        <dt className="text-muted">{t('channels.scheduled')}</dt>
        <dd className="text-right tabular-nums">{channel.scheduled}</dd>
        <dt className="text-muted">{t('channels.last')}</dt>
        <dd className="text-right">
          {channel.lastPublishedAt ? format.dateTime(channel.lastPublishedAt) : t('channels.never')}
        </dd>
        {followers !== undefined && followers !== null ? (
          <>
            <dt className="text-muted">{t('insights.followers')}</dt>
            <dd className="text-right tabular-nums">{format.number(followers)}</dd>
          </>
        ) : null}
        {engagement ? (
          <>
            <dt className="text-muted">{t('insights.engagement')}</dt>
            <dd className="text-right tabular-nums">
              {format.percent(engagement.rate)}{' '}
              <span className="text-muted">{t(`insights.per.${engagement.per}`)}</span>
            </dd>
          </>
        ) : null}
        <dt className="text-muted">{t('channels.updated')}</dt>
        <dd className="text-right">{format.dateTime(channel.updatedAt)}</dd>
      </dl>
      <details className="mt-3 text-sm">
        <summary className="w-fit rounded text-muted">
          {channel.scopes ? t('channels.scopes', { count: channel.scopes.length }) : t('channels.scopes.untold')}
        </summary>
        {channel.scopes ? (
          <ul lang="en" className="mt-2 flex flex-wrap gap-1.5">
            {channel.scopes.map((scope) => (
              <li key={scope} className="max-w-full break-all rounded bg-sunken px-1.5 py-0.5 font-mono text-xs">
                {scope}
              </li>
            ))}
          </ul>
        ) : (
          <p className="mt-2 text-muted">{t('channels.scopes.untold.means')}</p>
        )}
      </details>
      {quotas.length > 0 ? (
        <div className="mt-3 grid gap-1 border-t border-line pt-3 text-xs">
          {quotas.map((q) => (
            <QuotaLine key={q.bucket} platform={channel.platform} quota={q} />
          ))}
        </div>
      ) : null}
      <Dialog
        open={leaving}
        onOpenChange={setLeaving}
        title={t('channels.disconnect.title', { name })}
        description={
          channel.scheduled > 0
            ? t('channels.disconnect.held', { count: channel.scheduled })
            : t('channels.disconnect.none')
        }
        closeLabel={t('action.close')}
        footer={
          <>
            <Button onClick={() => setLeaving(false)}>{t('action.cancel')}</Button>
            <Button tone="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
              {t('channels.disconnect')}
            </Button>
          </>
        }
      />
    </article>
  )
}
