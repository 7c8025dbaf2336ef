import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronLeft, ChevronRight, Plus } from 'lucide-react'
import { lazy, Suspense, useState, useSyncExternalStore } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import type { Post } from '#contract/posts.ts'
import { Skeleton } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { cn } from '#ui/cn.ts'
import { Select } from '#ui/field.tsx'
import { api } from '../api/client.ts'
import { calendarQuery, channelsQuery } from '../api/queries.ts'
import { language, useT } from '../i18n/index.ts'
import { nowIso } from '../lib/clock.ts'
import { useFormat } from '../lib/format.ts'
import { Loaded } from '../lib/query-state.tsx'
import { useChannelName } from '../lib/registry.tsx'
import { dayOf, dayStart, readWall } from '../lib/time.ts'
import { say, sayError } from '../lib/toast.ts'
import { Page } from '../shell/page.tsx'
import { useSession } from '../shell/session.tsx'
import { Agenda } from './agenda.tsx'
import { QuickView } from './quick-view.tsx'
import { rangeOf, shift, type View, views } from './range.ts'

// The grid library is the heaviest part of the app: fetched only when a grid is shown.
const Grid = lazy(() => import('./grid.tsx').then((m) => ({ default: m.Grid })))

const media = { narrow: window.matchMedia('(max-width: 767px)'), crowded: window.matchMedia('(max-width: 1199px)') }
const useWidth = (which: keyof typeof media) =>
  useSyncExternalStore(
    (on) => {
      media[which].addEventListener('change', on)
      return () => media[which].removeEventListener('change', on)
    },
    () => media[which].matches,
  )

export const CalendarPage = () => {
  const t = useT()
  const { ws, can } = useSession()
  const format = useFormat()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [query, setQuery] = useSearchParams()
  const isNarrow = useWidth('narrow')
  const crowded = useWidth('crowded')
  const [wished, setWished] = useState(0)
  const today = dayOf(nowIso(), ws.timeZone)
  const asked = query.get('view')
  // A month of cells is unreadable on a phone: there the list is the calendar.
  const view: View = isNarrow ? 'agenda' : (views.find((v) => v === asked) ?? 'month')
  const day = /^\d{4}-\d{2}-\d{2}$/.test(query.get('day') ?? '') ? (query.get('day') ?? today) : today
  const channelId = query.get('channel') ?? ''
  const [openId, setOpenId] = useState<string | null>(null)
  const range = rangeOf(view, day)
  const from = dayStart(range.from, ws.timeZone)
  const to = dayStart(range.to, ws.timeZone)

  const channels = useQuery(channelsQuery(ws.id))
  const nameOf = useChannelName(channels.data)
  const options = calendarQuery(ws.id, from, to, channelId || undefined)
  const posts = useQuery(options)
  const open = posts.data?.find((p) => p.id === openId)

  const set = (changes: Record<string, string>) =>
    setQuery(
      (before) => {
        const next = new URLSearchParams(before)
        for (const [key, value] of Object.entries(changes)) value ? next.set(key, value) : next.delete(key)
        return next
      },
      { replace: true },
    )

  /** Shown at its new place at once; put back, with the reason, when the server refuses. */
  const move = async (post: Post, wall: string, undo: () => void) => {
    const reading = readWall(wall, ws.timeZone)
    const before = client.getQueryData(options.queryKey)
    const at = reading.kind === 'ok' || reading.kind === 'overlap' ? reading.at : null
    await client.cancelQueries({ queryKey: options.queryKey })
    if (at)
      client.setQueryData(options.queryKey, (list) => list?.map((p) => (p.id === post.id ? { ...p, dueAt: at } : p)))
    try {
      const next = await api('postSchedule', {
        params: { ws: ws.id, id: post.id },
        body: { wallTime: wall, timeZone: ws.timeZone },
      })
      client.setQueryData([ws.id, 'post', next.id], next)
      say(t('calendar.moved', { when: format.dateTime(next.dueAt ?? '') }))
    } catch (error) {
      undo()
      client.setQueryData(options.queryKey, before)
      sayError(t, error)
    } finally {
      void client.invalidateQueries({ queryKey: [ws.id, 'posts'] })
    }
  }

  const month = new Intl.DateTimeFormat(language() === 'pl' ? 'pl' : 'en-GB', {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  })
  const heading = month.format(new Date(`${view === 'week' ? range.from : day}T12:00:00Z`))

  return (
    <Page
      title={t('calendar.title')}
      lead={t('calendar.zone', { zone: ws.timeZone })}
      actions={
        can('editor') ? (
          <Button asChild tone="primary" className="hidden md:inline-flex">
            <Link to="/compose">
              <Plus aria-hidden />
              {t('nav.compose')}
            </Link>
          </Button>
        ) : null
      }
    >
      <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="flex items-center gap-1">
          <Button
            size="icon"
            tone="quiet"
            aria-label={t('calendar.earlier')}
            onClick={() => set({ day: shift(view, day, -1) })}
          >
            <ChevronLeft aria-hidden />
          </Button>
          <Button
            size="icon"
            tone="quiet"
            aria-label={t('calendar.later')}
            onClick={() => set({ day: shift(view, day, 1) })}
          >
            <ChevronRight aria-hidden />
          </Button>
          <Button
            onClick={() => {
              set({ day: '' })
              setWished((n) => n + 1)
            }}
          >
            {t('calendar.today')}
          </Button>
        </div>
        <h2 className="text-lg font-semibold first-letter:uppercase" aria-live="polite">
          {heading}
        </h2>
        <div className="ml-auto flex w-full flex-wrap items-center gap-2 sm:w-auto">
          <Select
            aria-label={t('calendar.filter')}
            className="min-w-0 flex-1 sm:w-60"
            value={channelId}
            onChange={(e) => set({ channel: e.target.value })}
          >
            <option value="">{t('calendar.allChannels')}</option>
            {channels.data?.map((c) => (
              <option key={c.id} value={c.id}>
                {nameOf(c)}
              </option>
            ))}
          </Select>
          {isNarrow ? null : (
            <fieldset aria-label={t('calendar.view')} className="flex rounded-lg border border-line bg-surface p-0.5">
              {views.map((v) => (
                <button
                  key={v}
                  type="button"
                  aria-pressed={view === v}
                  onClick={() => set({ view: v })}
                  className={cn(
                    'h-9 rounded-md px-3 text-sm font-medium',
                    view === v ? 'bg-accent-soft text-accent-ink' : 'text-muted hover:text-ink',
                  )}
                >
                  {t(`calendar.view.${v}`)}
                </button>
              ))}
            </fieldset>
          )}
        </div>
      </div>
      <Loaded query={posts} skeleton={<Skeleton className="h-[42rem] rounded-xl" />}>
        {(list) =>
          view === 'agenda' ? (
            <Agenda posts={list} today={today} onOpen={(p) => setOpenId(p.id)} />
          ) : (
            <Suspense fallback={<Skeleton className="h-[42rem] rounded-xl" />}>
              <div className="overflow-hidden rounded-xl border border-line bg-surface shadow-card">
                <Grid
                  view={view}
                  day={day}
                  asked={wished}
                  crowded={crowded}
                  posts={list}
                  timeZone={ws.timeZone}
                  editable={can('editor')}
                  onOpen={(p) => setOpenId(p.id)}
                  onMove={(p, wall, undo) => void move(p, wall, undo)}
                  onPick={(wall) => void navigate(`/compose?at=${wall}`)}
                />
              </div>
              {can('editor') ? <p className="mt-3 text-sm text-muted">{t('calendar.hint')}</p> : null}
            </Suspense>
          )
        }
      </Loaded>
      {open ? (
        <QuickView key={open.id} post={open} channels={channels.data ?? []} onClose={() => setOpenId(null)} />
      ) : null}
    </Page>
  )
}
