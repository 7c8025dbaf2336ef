import { useQueryClient } from '@tanstack/react-query'
import { CalendarClock, PenLine } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'react-router'
import type { Channel } from '#contract/channels.ts'
import type { Post } from '#contract/posts.ts'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { api } from '../api/client.ts'
import { UnsavedChanges } from '../composer/unsaved.tsx'
import { useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { PlatformMark, useChannelName } from '../lib/registry.tsx'
import { StateBadge } from '../lib/states.tsx'
import { TimeDialog } from '../lib/time-dialog.tsx'
import { say } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'
import { Warned } from './warned.tsx'

/** May its time still be changed as a whole? */
export const movable = (post: Post): boolean => post.state === 'scheduled' && post.publications.every((p) => !p.begun)

/** A post opened from the calendar: what it is, where it stands, and the keyboard's way to move it. */
export const QuickView = ({
  post,
  channels,
  onClose,
}: {
  post: Post
  channels: readonly Channel[]
  onClose: () => void
}) => {
  const t = useT()
  const { ws, can } = useSession()
  const format = useFormat()
  const client = useQueryClient()
  const nameOf = useChannelName(channels)
  const [moving, setMoving] = useState(false)
  const text = post.content.segments[0]?.text.trim()
  return (
    <>
      <Dialog
        open={!moving}
        onOpenChange={(open) => !open && onClose()}
        title={post.dueAt ? format.dateTime(post.dueAt) : t('posts.untimed')}
        closeLabel={t('action.close')}
        footer={
          <>
            {movable(post) && can('editor') ? (
              <>
                <Button onClick={() => setMoving(true)}>
                  <CalendarClock aria-hidden />
                  {t('action.changeTime')}
                </Button>
                <Button asChild>
                  <Link to={`/compose/${post.id}`}>
                    <PenLine aria-hidden />
                    {t('action.edit')}
                  </Link>
                </Button>
              </>
            ) : null}
            <Button asChild tone="primary">
              <Link to={post.state === 'draft' && can('editor') ? `/compose/${post.id}` : `/posts/${post.id}`}>
                {t('action.open')}
              </Link>
            </Button>
          </>
        }
      >
        <div className="grid gap-4">
          <div className="flex flex-wrap gap-2">
            <StateBadge state={post.state} />
            <Warned post={post} />
          </div>
          <UnsavedChanges post={post} />
          <p className="line-clamp-6 whitespace-pre-wrap">{text || t('posts.noText')}</p>
          <ul className="grid gap-2">
            {post.publications.map((p) => (
              <li key={p.id} className="flex items-center justify-between gap-3 text-sm">
                <span className="flex min-w-0 items-center gap-2">
                  <PlatformMark id={p.platform} />
                  <span className="truncate">
                    {channels.filter((c) => c.id === p.channelId).map(nameOf)[0] ?? p.platform}
                  </span>
                </span>
                <StateBadge state={p.removedAt ? 'removed' : p.state} />
              </li>
            ))}
          </ul>
        </div>
      </Dialog>
      <TimeDialog
        open={moving}
        onOpenChange={(open) => !open && onClose()}
        title={t('calendar.move')}
        confirm={t('action.changeTime')}
        initial={post.dueAt}
        submit={async (when) => {
          const next = await api('postSchedule', { params: { ws: ws.id, id: post.id }, body: when })
          client.setQueryData([ws.id, 'post', next.id], next)
          await client.invalidateQueries({ queryKey: [ws.id, 'posts'] })
          say(t('calendar.moved', { when: format.dateTime(next.dueAt ?? '') }))
        }}
      />
    </>
  )
}
