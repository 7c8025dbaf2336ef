import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CalendarClock, ExternalLink, PenLine, RotateCcw, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import type { Channel } from '#contract/channels.ts'
import type { Publication } from '#contract/posts.ts'
import { Avatar, Skeleton } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Field, Input } from '#ui/field.tsx'
import { Notice } from '#ui/notice.tsx'
import { api } from '../api/client.ts'
import { publicationQuery } from '../api/queries.ts'
import { useT } from '../i18n/index.ts'
import { findingText, onlyWaits, reasonText } from '../lib/findings.ts'
import { useFormat } from '../lib/format.ts'
import { Loaded } from '../lib/query-state.tsx'
import { PlatformMark, useFace, usePlatformWords } from '../lib/registry.tsx'
import { StateBadge } from '../lib/states.tsx'
import { TimeDialog } from '../lib/time-dialog.tsx'
import { say, sayError } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'
import { EditDialog } from './edit-dialog.tsx'
import { Insights } from './insights.tsx'
import { Steps, Story } from './publication-journal.tsx'

/** "2.4 s late" only when a person would call it late. */
const lateFrom = 1000

/** The honest state: nobody can know. Two answers, each with what it does. */
const Unconfirmed = ({ publication, platform }: { publication: Publication; platform: string }) => {
  const t = useT()
  const { ws } = useSession()
  const client = useQueryClient()
  const [link, setLink] = useState('')
  const resolve = useMutation({
    mutationFn: (body: { there: true; permalink?: string } | { again: true }) =>
      api('publicationResolve', { params: { ws: ws.id, id: publication.id }, body }),
    onSuccess: (_, body) => say(t('there' in body ? 'post.unconfirmed.there.done' : 'post.unconfirmed.again.done')),
    onError: (e) => sayError(t, e),
    onSettled: () => client.invalidateQueries({ queryKey: [ws.id] }),
  })
  const permalink = link.trim()
  return (
    <div className="rounded-lg bg-warn-soft p-4">
      <p className="font-semibold text-warn">{t('post.unconfirmed.title', { platform })}</p>
      <p className="mt-1 text-sm">{t('post.unconfirmed.why', { platform })}</p>
      <div className="mt-4 grid gap-3 sm:grid-cols-2">
        <div className="grid content-between gap-3 rounded-lg border border-line bg-surface p-4">
          <div className="grid gap-3">
            <p className="text-sm">{t('post.unconfirmed.there.means')}</p>
            <Field label={t('post.unconfirmed.link')}>
              {(c) => (
                <Input
                  {...c}
                  type="url"
                  inputMode="url"
                  placeholder="https://"
                  value={link}
                  onChange={(e) => setLink(e.target.value)}
                />
              )}
            </Field>
          </div>
          <Button
            tone="primary"
            busy={resolve.isPending}
            onClick={() => resolve.mutate(permalink ? { there: true, permalink } : { there: true })}
          >
            {t('post.unconfirmed.there')}
          </Button>
        </div>
        <div className="grid content-between gap-3 rounded-lg border border-line bg-surface p-4">
          <p className="text-sm">{t('post.unconfirmed.again.means')}</p>
          <Button busy={resolve.isPending} onClick={() => resolve.mutate({ again: true })}>
            {t('post.unconfirmed.again')}
          </Button>
        </div>
      </div>
    </div>
  )
}

/** One channel's share of a post: where it stands, what happened, and what a person may do about it now. */
export const PublicationCard = ({
  publication,
  channel,
  text,
}: {
  publication: Publication
  channel: Channel | undefined
  /** The words of its first part, as the post has them. */
  text: string
}) => {
  const t = useT()
  const { ws, can } = useSession()
  const format = useFormat()
  const client = useQueryClient()
  const face = useFace(publication.platform)
  const platform = face?.spec.name ?? publication.platform
  const words = usePlatformWords(publication.forecast.length > 0 ? publication.platform : undefined)
  const detail = useQuery(publicationQuery(ws.id, publication.id))
  const [dialog, setDialog] = useState<'time' | 'remove' | 'edit' | null>(null)
  const { state, id } = publication
  const params = { ws: ws.id, id }
  const settled = () => client.invalidateQueries({ queryKey: [ws.id] })
  const act = useMutation({
    mutationFn: (what: 'publicationCancel' | 'publicationRetry' | 'publicationRemove') => api(what, { params }),
    onSuccess: (_, what) => say(t(`post.done.${what}`)),
    onError: (e) => sayError(t, e),
    onSettled: () => {
      setDialog(null)
      return settled()
    },
  })
  const canCancel =
    ['scheduled', 'waiting', 'publishing', 'held', 'missed', 'failed'].includes(state) && !publication.begun
  const canMove =
    ['scheduled', 'waiting', 'held', 'missed', 'failed', 'cancelled'].includes(state) && !publication.begun
  const canRetry = ['failed', 'missed', 'held', 'cancelled'].includes(state)
  const name = channel?.name ?? platform
  const when =
    state === 'published' && publication.publishedAt
      ? t('post.publishedAt', { when: format.dateTime(publication.publishedAt) })
      : publication.dueAt
        ? t('post.due', { when: format.dateTime(publication.dueAt) })
        : ''
  const late = publication.latenessMs
  /** Whose the delay was: Clarion's until the request left, the network's from there on. */
  const shares = ({ sentAt, dueAt }: Publication) => {
    if (late === null || late < lateFrom || !sentAt || !dueAt) return ''
    const ours = Math.max(0, Date.parse(sentAt) - Date.parse(dueAt))
    const seconds = (ms: number) => format.number(Math.round(ms / 100) / 10)
    return ` (${t('post.late.shares', { ours: seconds(ours), platform, theirs: seconds(Math.max(0, late - ours)) })})`
  }
  return (
    <article
      aria-label={`${platform}: ${name}`}
      data-publication={id}
      data-state={state}
      className="rounded-xl border border-line bg-surface shadow-card"
    >
      <header className="flex flex-wrap items-center gap-x-4 gap-y-3 px-5 py-4">
        <Avatar
          name={name}
          src={channel?.avatarUrl}
          mark={<PlatformMark id={publication.platform} className="size-3.5" />}
        />
        <div className="min-w-0 flex-1 basis-44">
          <h3 className="truncate font-semibold">{name}</h3>
          <p className="text-sm text-muted">
            {platform} · {t(`contentType.${publication.contentType}`)}
            {when ? ` · ${when}` : ''}
            {state === 'published' && late !== null
              ? ` · ${late >= lateFrom ? t('post.late', { s: format.number(late / 1000) }) : t('post.onTime')}${shares(publication)}`
              : ''}
            {state === 'scheduled' && publication.preparedAt ? ` · ${t('post.prepared')}` : ''}
          </p>
        </div>
        <StateBadge state={publication.removedAt ? 'removed' : state} />
      </header>
      <div className="grid grid-cols-1 gap-4 px-5 pb-5 empty:hidden">
        {state === 'unconfirmed' ? (
          can('editor') ? (
            <Unconfirmed publication={publication} platform={platform} />
          ) : (
            <Notice tone="warn">{t('post.unconfirmed.title', { platform })}</Notice>
          )
        ) : null}
        {publication.message && state !== 'published' && state !== 'unconfirmed' ? (
          <Notice tone={state === 'failed' || state === 'missed' ? 'danger' : state === 'waiting' ? 'info' : 'warn'}>
            {reasonText(t, publication.reason, platform) ?? <span lang="en">{publication.message}</span>}
            {publication.nextAt && state === 'waiting'
              ? ` ${t('post.nextTry', { when: format.exact(publication.nextAt) })}`
              : ''}
          </Notice>
        ) : null}
        {publication.forecast.length > 0 && state === 'scheduled' ? (
          <Notice tone="warn" title={t(onlyWaits(publication.forecast) ? 'post.forecast.waits' : 'post.forecast')}>
            {publication.forecast.map((f) => {
              const told = findingText(t, f, words)
              return (
                <p key={f.rule} lang={told.lang}>
                  {told.message} {told.remedy}
                </p>
              )
            })}
          </Notice>
        ) : null}
        <Loaded query={detail} skeleton={<Skeleton className="h-5 w-64" />}>
          {(d) => (
            <>
              <Steps detail={d} />
              <details open={state === 'failed' || state === 'unconfirmed'}>
                <summary className="w-fit rounded text-sm font-medium text-accent-ink">{t('post.story.open')}</summary>
                <div className="mt-3">
                  <Story detail={d} />
                </div>
              </details>
            </>
          )}
        </Loaded>
        {state === 'published' && publication.reason !== 'removed' ? (
          <Insights publicationId={id} platform={publication.platform} />
        ) : null}
        <div className="flex flex-wrap gap-2 empty:hidden">
          {publication.permalink ? (
            // A sandbox post is not on the real network: its feed page shows it.
            <Button asChild size="sm">
              <a
                href={channel?.realm === 'sandbox' ? `/sandbox/_feed/${channel.platform}` : publication.permalink}
                target="_blank"
                rel="noreferrer"
              >
                <ExternalLink aria-hidden />
                {t('post.see', { platform })}
              </a>
            </Button>
          ) : null}
          {can('editor') ? (
            <>
              {canRetry ? (
                <Button
                  size="sm"
                  busy={act.isPending && act.variables === 'publicationRetry'}
                  onClick={() => act.mutate('publicationRetry')}
                >
                  <RotateCcw aria-hidden />
                  {t(state === 'failed' ? 'post.retry' : 'post.publishNow')}
                </Button>
              ) : null}
              {canMove ? (
                <Button size="sm" onClick={() => setDialog('time')}>
                  <CalendarClock aria-hidden />
                  {t('action.changeTime')}
                </Button>
              ) : null}
              {canCancel ? (
                <Button
                  size="sm"
                  tone="danger"
                  busy={act.isPending && act.variables === 'publicationCancel'}
                  onClick={() => act.mutate('publicationCancel')}
                >
                  <X aria-hidden />
                  {t('post.cancel')}
                </Button>
              ) : null}
              {state === 'published' &&
              face?.spec.can.edit &&
              publication.externalId &&
              publication.reason !== 'removed' ? (
                <Button size="sm" onClick={() => setDialog('edit')}>
                  <PenLine aria-hidden />
                  {t('post.edit')}
                </Button>
              ) : null}
              {state === 'published' &&
              face?.spec.can.remove &&
              publication.externalId &&
              publication.reason !== 'removed' ? (
                <Button size="sm" tone="danger" onClick={() => setDialog('remove')}>
                  <Trash2 aria-hidden />
                  {t('post.remove')}
                </Button>
              ) : null}
            </>
          ) : null}
        </div>
      </div>
      <TimeDialog
        open={dialog === 'time'}
        onOpenChange={(open) => setDialog(open ? 'time' : null)}
        title={t('post.moveOne', { name: `${name} · ${platform}` })}
        confirm={t('action.changeTime')}
        initial={publication.dueAt}
        submit={async (body) => {
          await api('publicationReschedule', { params, body })
          await settled()
        }}
      />
      {dialog === 'edit' ? (
        <EditDialog publicationId={id} platform={platform} text={text} onClose={() => setDialog(null)} />
      ) : null}
      <Dialog
        open={dialog === 'remove'}
        onOpenChange={(open) => setDialog(open ? 'remove' : null)}
        title={t('post.remove.title', { platform })}
        description={t('post.remove.lead')}
        closeLabel={t('action.close')}
        footer={
          <>
            <Button onClick={() => setDialog(null)}>{t('action.cancel')}</Button>
            <Button tone="danger" busy={act.isPending} onClick={() => act.mutate('publicationRemove')}>
              {t('post.remove')}
            </Button>
          </>
        }
      />
    </article>
  )
}
