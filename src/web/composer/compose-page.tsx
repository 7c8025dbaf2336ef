import { useQuery, useQueryClient } from '@tanstack/react-query'
import { CalendarClock, CircleAlert, Send, TriangleAlert } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Navigate, useLocation, useNavigate, useParams, useSearchParams } from 'react-router'
import type { Channel } from '#contract/channels.ts'
import type { Post, ScheduleInput } from '#contract/posts.ts'
import { Skeleton } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Notice } from '#ui/notice.tsx'
import { api } from '../api/client.ts'
import { channelsQuery, postQuery } from '../api/queries.ts'
import { language, tell, useT } from '../i18n/index.ts'
import { wantsChoice } from '../lib/finding-kinds.ts'
import { findingText } from '../lib/findings.ts'
import { useFormat } from '../lib/format.ts'
import { Failed } from '../lib/query-state.tsx'
import { BodiesProvider, useBodies, useChannelName, useLoadBodies } from '../lib/registry.tsx'
import { StateBadge } from '../lib/states.tsx'
import { readWall } from '../lib/time.ts'
import { TimeDialog } from '../lib/time-dialog.tsx'
import { say, sayError } from '../lib/toast.ts'
import { PostMenu } from '../posts/post-actions.tsx'
import { Page } from '../shell/page.tsx'
import { useSession } from '../shell/session.tsx'
import { ChannelPicker } from './channel-picker.tsx'
import { Costs } from './costs.tsx'
import { fromPost, hasContent } from './draft.ts'
import { Findings, findingsField, useTroubles } from './findings.tsx'
import { lastChannels } from './local.ts'
import { Previews } from './previews.tsx'
import { SaveLine } from './save-line.tsx'
import { isUnsaved } from './saver.ts'
import type { Place } from './troubles.ts'
import { LeaveGuard } from './unsaved.tsx'
import { type Composer, useComposer } from './use-composer.ts'
import { type SettingsCall, Versions } from './versions.tsx'

const ComposeSkeleton = () => (
  <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_24rem]">
    <div className="grid content-start gap-5">
      <div className="flex gap-2">
        <Skeleton className="h-12 w-40 rounded-xl" />
        <Skeleton className="h-12 w-40 rounded-xl" />
      </div>
      <Skeleton className="h-64 rounded-xl" />
    </div>
    <Skeleton className="h-72 rounded-xl" />
  </div>
)

const Conflict = ({ composer }: { composer: Composer }) => {
  const t = useT()
  const { ws } = useSession()
  const { saver } = composer
  const client = useQueryClient()
  const load = async () => {
    const post = await api('postGet', { params: { ws: ws.id, id: saver.id ?? '' } })
    client.setQueryData([ws.id, 'post', post.id], post)
    return post
  }
  const mine = () =>
    void load()
      .then((post) => saver.keepMine(post))
      .catch((e: unknown) => sayError(t, e))
  const theirs = () =>
    void load()
      .then((post) => {
        saver.discard()
        composer.setPost(post)
        composer.edit(() => fromPost(post))
      })
      .catch((e: unknown) => sayError(t, e))
  return (
    <Notice
      tone="warn"
      alert
      title={t('save.conflict')}
      action={
        <>
          <Button size="sm" onClick={mine}>
            {t('save.conflict.mine')}
          </Button>
          <Button size="sm" onClick={theirs}>
            {t('save.conflict.theirs')}
          </Button>
        </>
      }
    >
      {t('save.conflict.why')}
    </Notice>
  )
}

const Editor = ({ initial, channels }: { initial: Post | null; channels: readonly Channel[] }) => {
  const t = useT()
  const { ws } = useSession()
  const format = useFormat()
  const navigate = useNavigate()
  const client = useQueryClient()
  const [query] = useSearchParams()
  const composer = useComposer(initial, channels)
  const bodies = useBodies()
  const { draft, chosen, post, saver, save } = composer
  // The slot picked in the calendar: kept in the address, so that a reload keeps it too.
  const slot = query.get('at') ?? undefined
  const reading = slot === undefined ? null : readWall(slot, ws.timeZone)
  const slotAt = reading?.kind === 'ok' || reading?.kind === 'overlap' ? reading.at : null
  const [tab, setTab] = useState('shared')
  const [called, setCalled] = useState<SettingsCall | null>(null)
  const [aim, setAim] = useState<{ field: string } | null>(null)
  const goTo = (place: Place) => {
    if (place.kind === 'field') {
      setTab(place.tab)
      setAim({ field: place.field })
    } else {
      setTab(place.channelId)
      setCalled((before) => ({ ...place, nth: (before?.nth ?? 0) + 1 }))
    }
  }
  // The field is there once its version is drawn.
  useEffect(() => {
    const field = aim && document.querySelector<HTMLElement>(`[data-field="${CSS.escape(aim.field)}"]`)
    field?.focus({ preventScroll: true })
    field?.scrollIntoView({ block: aim?.field === findingsField ? 'start' : 'center' })
  }, [aim])
  const nameOf = useChannelName(channels)
  // Messages stand above the bar: its height is theirs to know.
  const bar = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!bar.current) return
    const root = document.documentElement.style
    const seen = new ResizeObserver(([entry]) =>
      root.setProperty('--action-bar', `${entry?.borderBoxSize[0]?.blockSize ?? 0}px`),
    )
    seen.observe(bar.current)
    return () => {
      seen.disconnect()
      root.removeProperty('--action-bar')
    }
  }, [])
  const [dialog, setDialog] = useState<'schedule' | 'now' | null>(null)
  const [busy, setBusy] = useState<'now' | 'draft' | 'save' | null>(null)
  const [refusal, setRefusal] = useState<string | null>(null)

  const shownTab = tab === 'shared' || chosen.some((c) => c.id === tab) ? tab : 'shared'
  const inView = shownTab === 'shared' ? chosen : chosen.filter((c) => c.id === shownTab)
  const begun = post !== null && post.state !== 'draft' && post.state !== 'scheduled'
  const scheduled = post?.state === 'scheduled'
  const troubles = useTroubles(composer, chosen)
  const troublesInView = useTroubles(composer, inView)
  const errors = troubles.filter((x) => x.level === 'error').length
  const counted = hasContent(draft) ? { errors, warnings: troubles.length - errors } : { errors: 0, warnings: 0 }

  const wanting = chosen.find((c) => composer.findings.get(c.id)?.some(wantsChoice))
  /** The first choice a network wants, in a sentence. */
  const choiceOf = (): string | null => {
    const finding = wanting && composer.findings.get(wanting.id)?.find(wantsChoice)
    if (!wanting || !finding) return null
    const { message, remedy } = findingText(t, finding, bodies.get(wanting.platform)?.words[language()])
    return `${nameOf(wanting)}: ${message} ${remedy}`
  }
  /** Why it cannot go out as it is; null when it can. */
  const obstacle = (): string | null => {
    if (chosen.length === 0) return t('composer.needChannel')
    if (!hasContent(draft)) return t('composer.needContent')
    if (composer.uploads.some((u) => !u.error)) return t('composer.needUploads')
    if (errors > 0) return [t('composer.needFix', { count: errors }), choiceOf()].filter(Boolean).join(' ')
    return null
  }
  const open = (which: 'schedule' | 'now') => {
    const why = obstacle()
    setRefusal(why)
    if (!why) return setDialog(which)
    // What a network wants chosen is brought before the person's eyes.
    const choice = wanting && composer.findings.get(wanting.id)?.find(wantsChoice)
    if (choice && hasContent(draft)) goTo({ kind: 'settings', channelId: wanting.id, about: choice.kind })
  }
  const schedule = async (when: ScheduleInput) => {
    const saved = await saver.flush()
    const id = saved?.id ?? saver.id
    if (!id) return
    const next = await api('postSchedule', { params: { ws: ws.id, id }, body: when })
    saver.discard()
    lastChannels(ws.id, localStorage).write(chosen.map((c) => c.id))
    client.setQueryData([ws.id, 'post', next.id], next)
    void client.invalidateQueries({ queryKey: [ws.id, 'posts'] })
    say('now' in when ? t('composer.publishing') : t('composer.scheduled', { when: format.dateTime(next.dueAt ?? '') }))
    await navigate(`/posts/${next.id}`)
  }
  const publishNow = () => {
    setBusy('now')
    schedule({ now: true })
      .catch((e: unknown) => sayError(t, e))
      .finally(() => {
        setBusy(null)
        setDialog(null)
      })
  }
  const unschedule = () => {
    if (!post) return
    setBusy('draft')
    api('postUnschedule', { params: { ws: ws.id, id: post.id } })
      .then((next) => {
        composer.setPost(next)
        void client.invalidateQueries({ queryKey: [ws.id, 'posts'] })
        say(t('composer.backToDraft.done'))
      })
      .catch((e: unknown) => sayError(t, e))
      .finally(() => setBusy(null))
  }
  const saveChanges = () => {
    setBusy('save')
    saver
      .flush()
      .then((saved) => saved && say(t('save.saved')))
      .catch((e: unknown) => sayError(t, e))
      .finally(() => setBusy(null))
  }

  return (
    <Page
      back={initial ? { to: '/posts', label: t('post.back') } : undefined}
      title={initial ? t('composer.edit') : t('composer.title')}
      aside={post ? <StateBadge state={post.state} /> : null}
      actions={
        post ? (
          <PostMenu
            post={post}
            name={draft.segments[0]?.text.trim() || t('posts.noText')}
            // A draft is copied as it stands on the screen; of a scheduled post what counts is what was saved.
            before={() => (saver.autoSaves ? saver.flush() : Promise.resolve())}
            onDeleted={() => {
              saver.discard()
              return navigate('/posts')
            }}
          />
        ) : null
      }
      lead={
        scheduled && post.dueAt
          ? t('composer.scheduledFor', { when: format.dateTime(post.dueAt) })
          : slotAt
            ? t('composer.slot', { when: format.dateTime(slotAt) })
            : undefined
      }
    >
      <div className="grid grid-cols-1 items-start gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,1fr)_22rem] xl:grid-cols-[minmax(0,1fr)_26rem]">
        <div className="grid min-w-0 grid-cols-1 gap-6">
          {begun ? <Notice tone="info">{t('composer.begun')}</Notice> : null}
          {save.kind === 'conflict' ? <Conflict composer={composer} /> : null}
          {composer.restored && isUnsaved(save) && save.kind !== 'conflict' ? (
            <Notice
              tone={saver.autoSaves ? 'info' : 'warn'}
              action={
                <Button size="sm" onClick={composer.startOver}>
                  {initial ? t('save.restored.discard') : t('save.restored.fresh')}
                </Button>
              }
            >
              {t('save.restored')} {saver.autoSaves ? null : t('save.restored.scheduled')}
            </Notice>
          ) : null}
          <ChannelPicker composer={composer} disabled={begun} />
          <Versions composer={composer} tab={shownTab} setTab={setTab} disabled={begun} called={called} />
          {hasContent(draft) ? (
            <Findings composer={composer} channels={inView} troubles={troublesInView} goTo={goTo} />
          ) : null}
          <Costs composer={composer} channels={inView} />
        </div>
        <section aria-label={t('composer.preview')} className="min-w-0 pb-4 lg:pb-24">
          <h2 className="mb-3 text-sm font-medium">{t('composer.preview')}</h2>
          <Previews composer={composer} channels={inView} />
        </section>
      </div>
      {begun ? null : (
        <div
          ref={bar}
          className="sticky bottom-16 z-20 -mx-4 mt-8 border-t border-line bg-bg px-4 py-3 sm:-mx-8 sm:px-8 md:bottom-0"
        >
          {refusal && obstacle() ? (
            <p role="alert" className="mb-2 text-sm font-medium text-danger">
              {refusal}
            </p>
          ) : null}
          {save.kind === 'failed' ? (
            <p className="mb-2 text-sm text-muted">
              {[tell(t, save.error).detail, tell(t, save.error).fix].filter(Boolean).join(' ')}
            </p>
          ) : null}
          <div className="flex flex-wrap items-center justify-end gap-x-3 gap-y-2">
            <SaveLine composer={composer} />
            {counted.errors + counted.warnings > 0 ? (
              <Button
                tone="quiet"
                className="px-2"
                aria-label={[
                  counted.errors > 0 ? t('problem.errors', { count: counted.errors }) : '',
                  counted.warnings > 0 ? t('problem.warnings', { count: counted.warnings }) : '',
                ]
                  .filter(Boolean)
                  .join(', ')}
                onClick={() => {
                  setTab('shared')
                  setAim({ field: findingsField })
                }}
              >
                {counted.errors > 0 ? (
                  <span className="inline-flex items-center gap-1 text-danger tabular-nums">
                    <CircleAlert aria-hidden />
                    {counted.errors}
                  </span>
                ) : null}
                {counted.warnings > 0 ? (
                  <span className="inline-flex items-center gap-1 text-warn tabular-nums">
                    <TriangleAlert aria-hidden />
                    {counted.warnings}
                  </span>
                ) : null}
              </Button>
            ) : null}
            <div className="flex flex-wrap items-center justify-end gap-2">
              {scheduled ? (
                <>
                  <Button tone="quiet" busy={busy === 'draft'} onClick={unschedule}>
                    {t('composer.backToDraft')}
                  </Button>
                  <Button onClick={() => open('schedule')}>
                    <CalendarClock aria-hidden />
                    {t('action.changeTime')}
                  </Button>
                  <Button
                    tone="primary"
                    busy={busy === 'save'}
                    disabled={save.kind === 'clean' || save.kind === 'saved'}
                    onClick={saveChanges}
                  >
                    {t('action.saveChanges')}
                  </Button>
                </>
              ) : (
                <>
                  <Button onClick={() => open('now')}>
                    <Send aria-hidden />
                    {t('composer.publishNow')}
                  </Button>
                  <Button tone="primary" onClick={() => open('schedule')}>
                    <CalendarClock aria-hidden />
                    {t('composer.schedule')}
                  </Button>
                </>
              )}
            </div>
          </div>
        </div>
      )}
      <LeaveGuard saver={saver} post={post} />
      <TimeDialog
        open={dialog === 'schedule'}
        onOpenChange={(to) => setDialog(to ? 'schedule' : null)}
        title={t('composer.schedule.title')}
        description={t('composer.schedule.lead', { count: chosen.length })}
        confirm={t('composer.schedule.confirm')}
        initial={post?.dueAt}
        initialWall={post?.dueAt ? undefined : slot}
        submit={schedule}
      />
      <Dialog
        open={dialog === 'now'}
        onOpenChange={(to) => setDialog(to ? 'now' : null)}
        title={t('composer.publishNow.title')}
        description={t('composer.publishNow.lead', { channels: format.list(chosen.map(nameOf)) })}
        closeLabel={t('action.close')}
        footer={
          <>
            <Button onClick={() => setDialog(null)}>{t('action.cancel')}</Button>
            <Button tone="primary" busy={busy === 'now'} onClick={publishNow}>
              {t('composer.publishNow.confirm')}
            </Button>
          </>
        }
      />
    </Page>
  )
}

/** The composer: a new post at `/compose`, an existing one at `/compose/:id`. */
export const ComposePage = () => {
  const { id } = useParams()
  const { can } = useSession()
  // Who may not write is shown what there is to read.
  return can('editor') ? <Composing id={id} /> : <Navigate to={id ? `/posts/${id}` : '/posts'} replace />
}

const Composing = ({ id }: { id: string | undefined }) => {
  const t = useT()
  const { key } = useLocation()
  const { ws } = useSession()
  const channels = useQuery(channelsQuery(ws.id))
  const post = useQuery({ ...postQuery(ws.id, id ?? ''), enabled: id !== undefined })
  const platforms = useLoadBodies(channels.data?.map((c) => c.platform) ?? [])
  // A network connected while somebody writes may arrive later; the editor stays where it is.
  const begun = useRef(false)
  if (channels.data && !platforms.pending && !platforms.error) begun.current = true
  const failed = channels.error ?? post.error ?? platforms.error
  if (!begun.current || !channels.data || (id !== undefined && !post.data)) {
    return (
      <Page title={t(id ? 'composer.edit' : 'composer.title')}>
        {failed ? (
          <Failed
            error={failed}
            retry={() => {
              platforms.retry()
              void Promise.all([channels.refetch(), id ? post.refetch() : null])
            }}
          />
        ) : (
          <div role="status" aria-busy="true">
            <span className="sr-only">{t('loading')}</span>
            <ComposeSkeleton />
          </div>
        )}
      </Page>
    )
  }
  return (
    <BodiesProvider value={platforms.bodies}>
      <Editor key={id ?? key} initial={id === undefined ? null : (post.data ?? null)} channels={channels.data} />
    </BodiesProvider>
  )
}
