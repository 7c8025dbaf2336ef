import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Copy, PenLine, Trash2, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import type { Post, Publication, PublicationState } from '#contract/posts.ts'
import { Skeleton } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Card } from '#ui/card.tsx'
import { api } from '../api/client.ts'
import { channelsQuery, postQuery, useMedia } from '../api/queries.ts'
import { UnsavedChanges } from '../composer/unsaved.tsx'
import { useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { Loaded } from '../lib/query-state.tsx'
import { SourceLink } from '../lib/source-link.tsx'
import { StateBadge } from '../lib/states.tsx'
import { say, sayError } from '../lib/toast.ts'
import { Page } from '../shell/page.tsx'
import { useSession } from '../shell/session.tsx'
import { DeletePost, untouched, useDuplicate } from './post-actions.tsx'
import { PublicationCard } from './publication-card.tsx'

/** The post's own text and pictures, as written. */
const Idea = ({ post }: { post: Post }) => {
  const t = useT()
  const { ws } = useSession()
  const ids = post.content.segments.flatMap((s) => s.mediaIds)
  const media = useMedia(ws.id, ids)
  return (
    <Card className="grid gap-4 p-5">
      {post.content.segments.map((segment, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of a published thread never move
        <div key={n} className="grid gap-3 border-t border-line pt-4 first:border-0 first:pt-0">
          <p className="whitespace-pre-wrap">
            {segment.text.trim() || <span className="text-muted">{t('posts.noText')}</span>}
          </p>
          {segment.mediaIds.length > 0 ? (
            <ul className="flex flex-wrap gap-2">
              {segment.mediaIds.map((id) => (
                <li key={id}>
                  {media[id] ? (
                    <>
                      <img src={media[id].thumbUrl} alt={media[id].alt} className="h-28 rounded-lg object-cover" />
                      <SourceLink url={media[id].sourceUrl} className="mt-1 max-w-60" />
                    </>
                  ) : (
                    <Skeleton className="size-28" />
                  )}
                </li>
              ))}
            </ul>
          ) : null}
        </div>
      ))}
      {post.content.firstComment ? (
        <div className="border-t border-line pt-4">
          <h3 className="text-sm text-muted">{t('composer.firstComment')}</h3>
          <p className="mt-1 whitespace-pre-wrap">{post.content.firstComment}</p>
        </div>
      ) : null}
    </Card>
  )
}

const PostSkeleton = () => (
  <div className="grid gap-5">
    <Skeleton className="h-32 rounded-xl" />
    <Skeleton className="h-40 rounded-xl" />
    <Skeleton className="h-40 rounded-xl" />
  </div>
)

const Actions = ({ post }: { post: Post }) => {
  const t = useT()
  const { ws } = useSession()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const params = { ws: ws.id, id: post.id }
  const unschedule = useMutation({
    mutationFn: () => api('postUnschedule', { params }),
    onSuccess: (next) => {
      client.setQueryData([ws.id, 'post', next.id], next)
      say(t('composer.backToDraft.done'))
    },
    onError: (e) => sayError(t, e),
    onSettled: () => client.invalidateQueries({ queryKey: [ws.id] }),
  })
  const duplicate = useDuplicate(post.id)
  const again = (
    <Button busy={duplicate.isPending} onClick={() => duplicate.mutate()}>
      <Copy aria-hidden />
      {t('post.duplicate')}
    </Button>
  )
  if (!untouched(post)) return again
  return (
    <>
      {post.state === 'scheduled' || post.state === 'draft' ? (
        <Button asChild>
          <Link to={`/compose/${post.id}`}>
            <PenLine aria-hidden />
            {t('action.edit')}
          </Link>
        </Button>
      ) : null}
      {again}
      {post.state === 'draft' ? null : (
        <Button busy={unschedule.isPending} onClick={() => unschedule.mutate()}>
          <Undo2 aria-hidden />
          {t('composer.backToDraft')}
        </Button>
      )}
      <Button tone="danger" onClick={() => setAsking(true)}>
        <Trash2 aria-hidden />
        {t('action.delete')}
      </Button>
      <DeletePost id={post.id} open={asking} onOpenChange={setAsking} onDeleted={() => navigate('/posts')} />
    </>
  )
}

/** What a person has to decide stands first; the rest keeps its order. */
const urgent: readonly PublicationState[] = ['unconfirmed', 'failed', 'missed', 'held']
const byUrgency = (a: Publication, b: Publication): number => {
  const at = ({ state }: Publication) => (urgent.includes(state) ? urgent.indexOf(state) : urgent.length)
  return at(a) - at(b)
}

export const PostPage = () => {
  const t = useT()
  const { id = '' } = useParams()
  const { ws, can } = useSession()
  const format = useFormat()
  const post = useQuery(postQuery(ws.id, id))
  const channels = useQuery(channelsQuery(ws.id))
  const data = post.data
  return (
    <Page
      narrow
      back={{ to: '/posts', label: t('post.back') }}
      title={t('post.title')}
      aside={data ? <StateBadge state={data.state} /> : null}
      lead={
        data
          ? data.dueAt
            ? t('post.lead', { when: format.dateTime(data.dueAt), name: data.author.name })
            : t('post.by', { name: data.author.name })
          : undefined
      }
      actions={data && can('editor') ? <Actions post={data} /> : null}
    >
      <Loaded query={post} skeleton={<PostSkeleton />}>
        {(p) => (
          <div className="grid grid-cols-1 gap-5">
            <UnsavedChanges post={p} />
            <Idea post={p} />
            <h2 className="mt-2 text-base font-semibold">{t('post.publications')}</h2>
            {p.publications.length === 0 ? <p className="text-sm text-muted">{t('post.noChannels')}</p> : null}
            {[...p.publications].sort(byUrgency).map((publication) => (
              <PublicationCard
                key={publication.id}
                publication={publication}
                text={(publication.content ?? p.content).segments[0]?.text ?? ''}
                channel={channels.data?.find((c) => c.id === publication.channelId)}
              />
            ))}
          </div>
        )}
      </Loaded>
    </Page>
  )
}
