/** Month and week, drawn by FullCalendar in the workspace's zone. Dragging moves a post; what it may not move stays put. */
import FullCalendar from '@fullcalendar/react'
import dayGridPlugin from '@fullcalendar/react/daygrid'
import interactionPlugin from '@fullcalendar/react/interaction'
import plLocale from '@fullcalendar/react/locales/pl'
import classicTheme from '@fullcalendar/react/themes/classic'
import timeGridPlugin from '@fullcalendar/react/timegrid'
import '@fullcalendar/react/skeleton.css'
import '@fullcalendar/react/themes/classic/theme.css'
import './calendar.css'
import { TriangleAlert } from 'lucide-react'
import { useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Temporal } from 'temporal-polyfill'
import type { Post } from '#contract/posts.ts'
import { cn } from '#ui/cn.ts'
import { useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { PlatformMarks } from '../lib/registry.tsx'
import { stateLooks } from '../lib/states.tsx'
import { wallOf } from '../lib/time.ts'
import { movable } from './quick-view.tsx'
import { warnedOf } from './warned.tsx'

/** The week fills what the window has below the heading; its hours scroll inside. The month fits in it whole. */
const height = { week: 'max(38rem, calc(100dvh - 14.5rem))', month: 'max(46rem, calc(100dvh - 14.5rem))' }
/** Half an hour is this high at least (px), and a post is drawn this long: as high as a card's two lines. */
const slotHeight = 34
const cardHeight = 38
const drawnMinutes = 36
/** FullCalendar draws after it has measured; frames to wait for a day's cell at most. */
const patience = 60

const ground = {
  neutral: 'bg-sunken text-muted',
  accent: 'bg-accent-soft text-accent-ink',
  ok: 'bg-ok-soft text-ok',
  warn: 'bg-warn-soft text-warn',
  danger: 'bg-danger-soft text-danger',
  info: 'bg-info-soft text-info',
  busy: 'bg-busy-soft text-busy',
} as const

/** Milliseconds of a day as a wall time of any day. */
const atTime = (ms: number): string => new Date(ms).toISOString()

/** Where a card ends: after its two lines, but never in the next day, where it would be drawn a second time. */
const drawnEnd = (dueAt: string, timeZone: string): string => {
  const start = Temporal.Instant.from(dueAt).toZonedDateTimeISO(timeZone)
  const midnight = start.startOfDay().add({ days: 1 })
  const end = start.add({ minutes: drawnMinutes })
  return (Temporal.ZonedDateTime.compare(end, midnight) > 0 ? midnight : end).toInstant().toString()
}

export const Grid = ({
  view,
  day,
  asked,
  crowded,
  posts,
  timeZone,
  editable,
  onOpen,
  onMove,
  onPick,
}: {
  view: 'month' | 'week'
  /** Any day of the shown month or week, YYYY-MM-DD. */
  day: string
  /** Rises each time somebody asks to see that day. */
  asked: number
  /** Too narrow for two cards beside each other. */
  crowded: boolean
  posts: readonly Post[]
  timeZone: string
  editable: boolean
  onOpen: (post: Post) => void
  /** New wall time in the workspace's zone; `undo` puts the event back where it was. */
  onMove: (post: Post, wall: string, undo: () => void) => void
  onPick: (wall: string) => void
}) => {
  const t = useT()
  const { i18n } = useTranslation()
  const format = useFormat()
  const frame = useRef<HTMLDivElement>(null)
  // Late in a month its past weeks fill a low window: the day asked for comes into view when the month opens, and
  // whenever it is asked for again. Nothing moves when it is in view already.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` rises with each wish
  useEffect(() => {
    if (view !== 'month') return
    let left = patience
    let next = 0
    const look = () => {
      const cell = frame.current?.querySelector(`[data-date="${day}"]`)
      if (cell && cell.getBoundingClientRect().height > 0) cell.scrollIntoView({ block: 'nearest' })
      else if (left-- > 0) next = requestAnimationFrame(look)
    }
    next = requestAnimationFrame(look)
    return () => cancelAnimationFrame(next)
  }, [view, day, asked])
  const byId = useMemo(() => new Map(posts.map((p) => [p.id, p])), [posts])
  const events = useMemo(
    () =>
      posts.flatMap((post) =>
        post.dueAt
          ? [
              {
                id: post.id,
                start: post.dueAt,
                end: drawnEnd(post.dueAt, timeZone),
                title: post.content.segments[0]?.text.trim() || t('posts.noText'),
                editable: editable && movable(post),
                durationEditable: false,
              },
            ]
          : [],
      ),
    [posts, editable, t, timeZone],
  )
  const most = crowded ? 1 : 2
  const over = useMemo(() => {
    const times = posts.flatMap((p) => (p.dueAt ? [Date.parse(p.dueAt)] : [])).sort((a, b) => a - b)
    return times.some((at, n) => (times[n + most] ?? Number.POSITIVE_INFINITY) - at < drawnMinutes * 60_000)
  }, [posts, most])
  const card = (post: Post, title: string) => {
    const marks = (most: number, className: string) => (
      <span className={className}>
        <PlatformMarks ids={post.publications.map((p) => p.platform)} most={most} className="size-3" />
      </span>
    )
    const { tone, Icon, spin } = stateLooks[post.state]
    const warned = warnedOf(post)
    return (
      <div
        className={cn(
          '@container w-full min-w-0 self-stretch overflow-hidden rounded-md px-1.5 py-0.5 text-left text-xs leading-tight',
          ground[tone],
        )}
        data-post={post.id}
      >
        <div className="flex items-center gap-1 font-medium">
          {warned ? (
            <TriangleAlert aria-hidden className="size-3 shrink-0 text-warn" />
          ) : (
            <Icon aria-hidden className={cn('size-3 shrink-0 @max-[4.2rem]:hidden', spin && 'animate-spin')} />
          )}
          <span className="whitespace-nowrap tabular-nums">{format.time(post.dueAt ?? '')}</span>
          <span className="sr-only @min-[6.5rem]:not-sr-only @min-[6.5rem]:min-w-0 @min-[6.5rem]:truncate">
            {t(warned ? `calendar.warned.${warned}` : `state.${post.state}`)}
          </span>
        </div>
        <div className="mt-0.5 flex items-center gap-1.5 text-ink">
          <span className="min-w-0 flex-1 truncate">{title}</span>
          {marks(1, '@min-[6.5rem]:hidden')}
          {marks(3, 'hidden @min-[6.5rem]:block')}
        </div>
      </div>
    )
  }
  return (
    <div ref={frame} className="[&_[data-date]]:scroll-my-6">
      <FullCalendar
        key={`${view}:${day}:${i18n.language}`}
        plugins={[dayGridPlugin, timeGridPlugin, interactionPlugin, classicTheme]}
        locales={[plLocale]}
        locale={i18n.language === 'pl' ? 'pl' : 'en-gb'}
        initialView={view === 'month' ? 'dayGridMonth' : 'timeGridWeek'}
        initialDate={day}
        timeZone={timeZone}
        firstDay={1}
        headerToolbar={false}
        height={height[view]}
        allDaySlot={false}
        nowIndicator
        scrollTime="08:00:00"
        slotHeaderContent={({ time, text }) => (time ? format.wall(atTime(time.milliseconds)) : text)}
        slotMinHeight={slotHeight}
        eventMinHeight={cardHeight}
        slotEventOverlap={false}
        eventMaxStack={most}
        // "+1" stands beside the cards, not over them; where nothing is left out, the cards have the whole column.
        dayLaneInnerClass={over ? 'mr-6!' : ''}
        columnMoreLinkClass="translate-x-full"
        slotDuration="00:30:00"
        snapDuration="00:15:00"
        eventDisplay="block"
        eventColor="transparent"
        eventInteractive
        dayMaxEvents={2}
        events={events}
        eventStartEditable={editable}
        eventContent={(info) => {
          const post = byId.get(info.event.id)
          return post ? card(post, info.event.title) : null
        }}
        eventClick={(info) => {
          info.jsEvent.preventDefault()
          const post = byId.get(info.event.id)
          if (post) onOpen(post)
        }}
        dateClick={(info) => {
          if (editable) onPick(info.allDay ? `${info.dateStr.slice(0, 10)}T09:00` : info.dateStr.slice(0, 16))
        }}
        eventDrop={(info) => {
          const post = byId.get(info.event.id)
          if (!post || !info.event.startStr) return info.revert()
          // A month drop changes the day only: the wall time of day stays what the person chose, also over a clock change.
          const to = info.event.startStr.slice(0, 16)
          const wall = view === 'month' ? `${to.slice(0, 10)}T${wallOf(post.dueAt ?? '', timeZone).slice(11)}` : to
          onMove(post, wall, info.revert)
        }}
      />
    </div>
  )
}
