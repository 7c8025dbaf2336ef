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
import { useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Post } from '#contract/posts.ts'
import { cn } from '#ui/cn.ts'
import { useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { PlatformMark } from '../lib/registry.tsx'
import { stateLooks } from '../lib/states.tsx'
import { wallOf } from '../lib/time.ts'
import { movable } from './quick-view.tsx'

/** The week fills what the window has below the heading; its hours scroll inside. */
const weekHeight = 'max(38rem, calc(100dvh - 14.5rem))'

const ground = {
  neutral: 'bg-sunken text-muted',
  accent: 'bg-accent-soft text-accent-ink',
  ok: 'bg-ok-soft text-ok',
  warn: 'bg-warn-soft text-warn',
  danger: 'bg-danger-soft text-danger',
  info: 'bg-info-soft text-info',
  busy: 'bg-busy-soft text-busy',
} as const

export const Grid = ({
  view,
  day,
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
  // Late in a month its past weeks fill a low window: today comes into view when the month opens. Nothing moves when it
  // is in view already.
  useEffect(() => {
    if (view !== 'month') return
    frame.current?.querySelector(`[data-date="${day}"]`)?.scrollIntoView({ block: 'nearest' })
  }, [view, day])
  const byId = useMemo(() => new Map(posts.map((p) => [p.id, p])), [posts])
  const events = useMemo(
    () =>
      posts.flatMap((post) =>
        post.dueAt
          ? [
              {
                id: post.id,
                start: post.dueAt,
                title: post.content.segments[0]?.text.trim() || t('posts.noText'),
                editable: editable && movable(post),
                durationEditable: false,
              },
            ]
          : [],
      ),
    [posts, editable, t],
  )
  const card = (post: Post, title: string) => {
    const { tone, Icon, spin } = stateLooks[post.state]
    return (
      <div
        className={cn(
          'w-full min-w-0 overflow-hidden rounded-md px-1.5 py-1 text-left text-xs leading-tight',
          ground[tone],
        )}
        data-post={post.id}
      >
        <div className="flex items-center gap-1 font-medium">
          <Icon aria-hidden className={cn('size-3 shrink-0', spin && 'animate-spin')} />
          <span className="tabular-nums">{format.time(post.dueAt ?? '')}</span>
          <span className="truncate">{t(`state.${post.state}`)}</span>
        </div>
        <div className="mt-0.5 flex items-center gap-1.5 text-ink">
          <span className="min-w-0 flex-1 truncate">{title}</span>
          <span className="flex shrink-0 gap-0.5">
            {[...new Set(post.publications.map((p) => p.platform))].slice(0, 3).map((id) => (
              <PlatformMark key={id} id={id} className="size-3" />
            ))}
          </span>
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
        height={view === 'week' ? weekHeight : 'auto'}
        allDaySlot={false}
        nowIndicator
        scrollTime="08:00:00"
        slotHeaderFormat={{ hour: '2-digit', minute: '2-digit', hour12: false }}
        slotDuration="00:30:00"
        snapDuration="00:15:00"
        defaultTimedEventDuration="00:30:00"
        forceEventDuration
        eventDisplay="block"
        eventColor="transparent"
        eventInteractive
        dayMaxEvents={4}
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
