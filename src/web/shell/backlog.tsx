import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Notice } from '#ui/notice.tsx'
import { api } from '../api/client.ts'
import { backlogQuery, channelsQuery } from '../api/queries.ts'
import { useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { useChannelName } from '../lib/registry.tsx'
import { sayError } from '../lib/toast.ts'
import { useSession } from './session.tsx'

/** Less than this is what a channel works off in a minute or two, and no news. */
const worthSaying = 5

/** What an outage left behind: how much, until when, channel by channel; to set aside, take up again, or drop. */
export const BacklogNotice = () => {
  const t = useT()
  const { ws, can } = useSession()
  const format = useFormat()
  const client = useQueryClient()
  const [dropping, setDropping] = useState(false)
  const { data } = useQuery(backlogQuery(ws.id))
  const channels = useQuery({ ...channelsQuery(ws.id), enabled: data !== undefined && data.channels.length > 0 })
  const nameOf = useChannelName(channels.data)
  const all = data ? data.count + data.setAside : 0
  const act = useMutation({
    mutationFn: (what: 'backlogPause' | 'backlogResume' | 'backlogDrop') =>
      what === 'backlogDrop'
        ? api(what, { params: { ws: ws.id }, body: { count: all } })
        : api(what, { params: { ws: ws.id } }),
    onSuccess: (next) => client.setQueryData(backlogQuery(ws.id).queryKey, next),
    onError: (e) => sayError(t, e),
    onSettled: () => {
      setDropping(false)
      void client.invalidateQueries({ queryKey: [ws.id] })
    },
  })
  if (!data) return null
  const much = all >= worthSaying || data.setAside > 0
  if (!much && data.worker.working) return null
  const allGo = data.worker.working && data.tooLate === 0
  const { lookedAt } = data.worker
  const quiet = data.worker.working ? null : (
    <Notice tone="danger" title={t('backlog.quiet')}>
      {lookedAt ? t('backlog.quiet.since', { at: format.dateTime(lookedAt) }) : t('backlog.quiet.never')}
    </Notice>
  )
  if (!much)
    return (
      <section aria-label={t('backlog.title')} className="px-4 pt-4 sm:px-8">
        {quiet}
      </section>
    )
  const names = new Map(channels.data?.map((c) => [c.id, nameOf(c)]))
  return (
    <section aria-label={t('backlog.title')} className="grid gap-2 px-4 pt-4 sm:px-8">
      {quiet}
      <Notice
        tone="info"
        title={
          data.count === 0
            ? t('backlog.aside', { count: data.setAside })
            : t(allGo ? 'backlog.waiting' : 'backlog.waits', { count: data.count })
        }
        action={
          can('editor') ? (
            <>
              {data.count > 0 ? (
                <Button size="sm" busy={act.isPending} onClick={() => act.mutate('backlogPause')}>
                  {t('backlog.pause')}
                </Button>
              ) : null}
              {data.setAside > 0 ? (
                <Button size="sm" busy={act.isPending} onClick={() => act.mutate('backlogResume')}>
                  {t('backlog.resume')}
                </Button>
              ) : null}
              <Button size="sm" tone="danger" onClick={() => setDropping(true)}>
                {t('backlog.drop')}
              </Button>
            </>
          ) : null
        }
      >
        {data.count === 0 ? <p>{t('backlog.aside.means')}</p> : null}
        {data.count > 0 && data.worker.working ? (
          <p>
            {data.doneAt ? t(`backlog.order.${data.order}`, { at: format.dateTime(data.doneAt) }) : t('backlog.stuck')}
          </p>
        ) : null}
        {data.tooLate > 0 && data.worker.working ? <p>{t('backlog.tooLate', { count: data.tooLate })}</p> : null}
        <details className="mt-1">
          <summary className="w-fit rounded text-muted">
            {t('backlog.channels', { count: data.channels.length })}
          </summary>
          <ul className="mt-1 grid gap-1">
            {data.channels.map((c) => (
              <li key={c.channelId} className="flex flex-wrap gap-x-3">
                <span className="min-w-0 break-words">{names.get(c.channelId) ?? t('backlog.channel')}</span>
                <span className="text-muted tabular-nums">
                  {t('backlog.posts', { count: c.count + c.setAside })}
                  {c.count > 0 && c.doneAt && data.worker.working
                    ? `, ${t('backlog.until', { at: format.dateTime(c.doneAt) })}`
                    : ''}
                </span>
              </li>
            ))}
          </ul>
        </details>
      </Notice>
      <Dialog
        open={dropping}
        onOpenChange={setDropping}
        title={t('backlog.drop.ask', { count: all })}
        description={t('backlog.drop.means')}
        closeLabel={t('action.close')}
        footer={
          <>
            <Button onClick={() => setDropping(false)}>{t('backlog.drop.keep')}</Button>
            <Button tone="danger" busy={act.isPending} onClick={() => act.mutate('backlogDrop')}>
              {t('backlog.drop.go', { count: all })}
            </Button>
          </>
        }
      />
    </section>
  )
}
