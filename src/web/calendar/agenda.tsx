import { CalendarDays } from 'lucide-react'
import { Link } from 'react-router'
import type { Post } from '#contract/posts.ts'
import { Button } from '#ui/button.tsx'
import { Card, Empty } from '#ui/card.tsx'
import { useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { PlatformMarks } from '../lib/registry.tsx'
import { StateBadge } from '../lib/states.tsx'
import { useSession } from '../shell/session.tsx'
import { Warned } from './warned.tsx'

/** The calendar as a list by day: the phone's view, and the one for readers and keyboards. */
export const Agenda = ({
  posts,
  today,
  onOpen,
}: {
  posts: readonly Post[]
  /** YYYY-MM-DD in the workspace's zone: the days before it are folded away. */
  today: string
  onOpen: (post: Post) => void
}) => {
  const t = useT()
  const format = useFormat()
  const { can } = useSession()
  // The API orders by the earliest publication, which a person may have moved away from its post's time.
  const days = Map.groupBy(
    posts.filter((p) => p.dueAt).toSorted((a, b) => Date.parse(a.dueAt ?? '') - Date.parse(b.dueAt ?? '')),
    (p) => format.dayKey(p.dueAt ?? ''),
  )
  if (days.size === 0) {
    return (
      <Card>
        <Empty
          icon={<CalendarDays />}
          title={t('calendar.empty')}
          action={
            can('editor') ? (
              <Button asChild tone="primary">
                <Link to="/compose">{t('nav.compose')}</Link>
              </Button>
            ) : null
          }
        >
          {t('calendar.empty.lead')}
        </Empty>
      </Card>
    )
  }
  const past = [...days].filter(([day]) => day < today)
  const later = [...days].filter(([day]) => day >= today)
  const section = ([day, list]: [string, Post[]]) => (
    <section key={day} aria-label={format.day(list[0]?.dueAt ?? '')}>
      <h2 className="mb-2 text-sm font-semibold text-muted">{format.day(list[0]?.dueAt ?? '')}</h2>
      <Card>
        <ul className="divide-y divide-line">
          {list.map((post) => (
            <li key={post.id}>
              <button
                type="button"
                onClick={() => onOpen(post)}
                className="flex w-full items-start gap-3 px-4 py-3 text-left hover:bg-sunken"
              >
                <span className="w-16 shrink-0 text-sm font-medium tabular-nums">{format.time(post.dueAt ?? '')}</span>
                <span className="min-w-0 flex-1">
                  <span className="line-clamp-2 text-sm">
                    {post.content.segments[0]?.text.trim() || t('posts.noText')}
                  </span>
                  <span className="mt-1.5 flex flex-wrap items-center gap-2">
                    <StateBadge state={post.state} />
                    <Warned post={post} />
                    <PlatformMarks ids={post.publications.map((p) => p.platform)} />
                  </span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </Card>
    </section>
  )
  if (past.length === 0 || later.length === 0) return <div className="grid gap-6">{[...days].map(section)}</div>
  return (
    <div className="grid gap-6">
      <details>
        <summary className="w-fit rounded text-sm font-medium text-accent-ink">
          {t('calendar.before', { count: past.reduce((n, [, list]) => n + list.length, 0) })}
        </summary>
        <div className="mt-4 grid gap-6">{past.map(section)}</div>
      </details>
      {later.map(section)}
    </div>
  )
}
