import { useQuery, useQueryClient } from '@tanstack/react-query'
import { CalendarClock, Send, Undo2 } from 'lucide-react'
import { useRef, useState } from 'react'
import { useLocation, useNavigate, useParams, useSearchParams } from 'react-router'
import type { Channel } from '#contract/channels.ts'
import type { Post, ScheduleInput } from '#contract/posts.ts'
import { Skeleton, Tab, TabList, TabPanel, Tabs } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Notice } from '#ui/notice.tsx'
import { api } from '../api/client.ts'
import { channelsQuery, postQuery } from '../api/queries.ts'
import { language, tell, useT } from '../i18n/index.ts'
import { findingText, wantsChoice } from '../lib/findings.ts'
import { useFormat } from '../lib/format.ts'
import { Failed } from '../lib/query-state.tsx'
import { BodiesProvider, PlatformMark, useBodies, useFaces, useLoadBodies } from '../lib/registry.tsx'
import { StateBadge } from '../lib/states.tsx'
import { TimeDialog } from '../lib/time-dialog.tsx'
import { say, sayError } from '../lib/toast.ts'
import { PostMenu } from '../posts/post-actions.tsx'
import { Page } from '../shell/page.tsx'
import { useSession } from '../shell/session.tsx'
import { ChannelPicker } from './channel-picker.tsx'
import { ChannelSettings } from './channel-settings.tsx'
import { Costs } from './costs.tsx'
import { customise, fromPost, hasContent, segmentsFor, shareText, type Target } from './draft.ts'
import { Findings } from './findings.tsx'
import { FirstComment } from './first-comment.tsx'
import { Previews } from './previews.tsx'
import { SaveLine } from './save-line.tsx'
import { isUnsaved } from './saver.ts'
import { SegmentEditor } from './segment-editor.tsx'
import { LeaveGuard } from './unsaved.tsx'
import { type Composer, useComposer } from './use-composer.ts'

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

/** Somebody asked for a channel's settings; counted, so that asking again brings them up again. */
type SettingsCall = { channelId: string; nth: number }

/** The versions of the text: one for all, and one for each channel that wants its own. */
const Versions = ({
  composer,
  tab,
  setTab,
  disabled,
  called,
}: {
  composer: Composer
  tab: string
  setTab: (tab: string) => void
  disabled: boolean
  called: SettingsCall | null
}) => {
  const t = useT()
  const faces = useFaces()
  const { draft, edit, chosen } = composer
  const sharing = chosen.filter((c) => draft.channels.find((x) => x.channelId === c.id)?.segments === null)
  const editor = (target: Target, channels: readonly Channel[]) => (
    <div className="grid grid-cols-1 gap-3">
      {segmentsFor(draft, target).map((segment, index) => (
        <SegmentEditor
          key={segment.key}
          composer={composer}
          target={target}
          segment={segment}
          index={index}
          channels={channels}
          disabled={disabled}
          focus={index > 0 && segment.text === ''}
        />
      ))}
      <FirstComment composer={composer} target={target} channels={channels} disabled={disabled} />
    </div>
  )
  return (
    <Tabs value={tab} onValueChange={setTab}>
      <TabList aria-label={t('composer.versions')}>
        <Tab value="shared">{t('composer.shared')}</Tab>
        {chosen.map((channel) => {
          const own = draft.channels.find((c) => c.channelId === channel.id)?.segments
          const errors = (composer.findings.get(channel.id) ?? []).some((f) => f.level === 'error')
          return (
            <Tab key={channel.id} value={channel.id}>
              <PlatformMark id={channel.platform} />
              {faces.get(channel.platform)?.spec.name ?? channel.name}
              {own ? (
                <span className="rounded bg-accent-soft px-1.5 text-xs text-accent-ink">{t('composer.own')}</span>
              ) : null}
              {errors ? (
                <span className="size-2 rounded-full bg-danger">
                  <span className="sr-only">{t('preflight.error')}</span>
                </span>
              ) : null}
            </Tab>
          )
        })}
      </TabList>
      <TabPanel value="shared" className="pt-4">
        {editor(null, sharing)}
      </TabPanel>
      {chosen.map((channel) => {
        const own = draft.channels.find((c) => c.channelId === channel.id)?.segments
        return (
          <TabPanel key={channel.id} value={channel.id} className="grid grid-cols-1 gap-4 pt-4">
            {own ? (
              <>
                {editor(channel.id, [channel])}
                <Button
                  tone="quiet"
                  size="sm"
                  className="justify-self-start"
                  disabled={disabled}
                  onClick={() => edit((d) => shareText(d, channel.id))}
                >
                  <Undo2 aria-hidden />
                  {t('composer.useShared')}
                </Button>
              </>
            ) : (
              <div className="flex flex-wrap items-center justify-between gap-3 rounded-xl border border-dashed border-line-strong px-4 py-4 text-sm">
                <p className="text-muted">{t('composer.sharesText', { name: channel.name })}</p>
                <Button size="sm" disabled={disabled} onClick={() => edit((d) => customise(d, channel.id))}>
                  {t('composer.customise')}
                </Button>
              </div>
            )}
            <ChannelSettings
              composer={composer}
              channel={channel}
              disabled={disabled}
              called={called?.channelId === channel.id ? called.nth : 0}
            />
          </TabPanel>
        )
      })}
    </Tabs>
  )
}

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
  const [tab, setTab] = useState('shared')
  const [called, setCalled] = useState<SettingsCall | null>(null)
  const toSettings = (channelId: string) => {
    setTab(channelId)
    setCalled((before) => ({ channelId, nth: (before?.nth ?? 0) + 1 }))
  }
  const [dialog, setDialog] = useState<'schedule' | 'now' | null>(null)
  const [busy, setBusy] = useState<'now' | 'draft' | 'save' | null>(null)
  const [refusal, setRefusal] = useState<string | null>(null)

  const shownTab = tab === 'shared' || chosen.some((c) => c.id === tab) ? tab : 'shared'
  const inView = shownTab === 'shared' ? chosen : chosen.filter((c) => c.id === shownTab)
  const begun = post !== null && post.state !== 'draft' && post.state !== 'scheduled'
  const scheduled = post?.state === 'scheduled'
  const errors = [...composer.findings.values()].flat().filter((f) => f.level === 'error').length

  const wanting = chosen.find((c) => composer.findings.get(c.id)?.some(wantsChoice))
  /** The first choice a network wants, in a sentence. */
  const choiceOf = (): string | null => {
    const finding = wanting && composer.findings.get(wanting.id)?.find(wantsChoice)
    if (!wanting || !finding) return null
    const { message, remedy } = findingText(t, finding, bodies.get(wanting.platform)?.words[language()])
    return `${wanting.name}: ${message} ${remedy}`
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
    if (wanting && hasContent(draft)) toSettings(wanting.id)
  }
  const schedule = async (when: ScheduleInput) => {
    const saved = await saver.flush()
    const id = saved?.id ?? saver.id
    if (!id) return
    const next = await api('postSchedule', { params: { ws: ws.id, id }, body: when })
    saver.discard()
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
      lead={scheduled && post.dueAt ? t('composer.scheduledFor', { when: format.dateTime(post.dueAt) }) : undefined}
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
          {hasContent(draft) ? <Findings composer={composer} channels={chosen} toSettings={toSettings} /> : null}
          <Costs composer={composer} channels={chosen} />
        </div>
        <section aria-label={t('composer.preview')} className="min-w-0 pb-4 lg:pb-24">
          <h2 className="mb-3 text-sm font-medium">{t('composer.preview')}</h2>
          <Previews composer={composer} channels={inView} />
        </section>
      </div>
      {begun ? null : (
        <div className="sticky bottom-16 z-20 -mx-4 mt-8 border-t border-line bg-bg px-4 py-3 sm:-mx-8 sm:px-8 md:bottom-0">
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
          <div className="flex flex-wrap items-center justify-between gap-3">
            <SaveLine composer={composer} />
            <div className="ml-auto flex flex-wrap gap-2">
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
        initialWall={post?.dueAt ? undefined : (query.get('at') ?? undefined)}
        submit={schedule}
      />
      <Dialog
        open={dialog === 'now'}
        onOpenChange={(to) => setDialog(to ? 'now' : null)}
        title={t('composer.publishNow.title')}
        description={t('composer.publishNow.lead', { channels: format.list(chosen.map((c) => c.name)) })}
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
  const t = useT()
  const { id } = useParams()
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
