import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { FileText, ImageIcon, Plus, Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { contentTypes, type Post, type PostState } from '#contract/posts.ts'
import { Skeleton } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Card, Empty } from '#ui/card.tsx'
import { cn } from '#ui/cn.ts'
import { Input, Select } from '#ui/field.tsx'
import { api } from '../api/client.ts'
import { channelsQuery } from '../api/queries.ts'
import { hasUnsaved } from '../composer/unsaved.tsx'
import { useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { Failed } from '../lib/query-state.tsx'
import { PlatformMarks, useFaces } from '../lib/registry.tsx'
import { StateBadge } from '../lib/states.tsx'
import { Page } from '../shell/page.tsx'
import { useSession } from '../shell/session.tsx'
import { PostMenu } from './post-actions.tsx'

const filters = [
  'all',
  'draft',
  'scheduled',
  'attention',
  'published',
  'failed',
  'removed',
] as const satisfies readonly ('all' | PostState)[]

const Row = ({ post }: { post: Post }) => {
  const t = useT()
  const { ws, can } = useSession()
  const format = useFormat()
  const text = post.content.segments[0]?.text.trim()
  const pictures = post.content.segments.reduce((n, s) => n + s.mediaIds.length, 0)
  return (
    <li className="flex items-center pr-1.5 hover:bg-sunken sm:pr-3">
      <Link
        to={post.state === 'draft' && can('editor') ? `/compose/${post.id}` : `/posts/${post.id}`}
        className="flex min-w-0 flex-1 flex-wrap items-center gap-x-4 gap-y-2 py-3.5 pl-4 focus-visible:-outline-offset-2 sm:flex-nowrap sm:pl-5"
      >
        <span className="w-full min-w-0 flex-1 basis-full sm:basis-auto">
          <span className="line-clamp-2">{text || t('posts.noText')}</span>
          <span className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
            <span>
              {post.dueAt ? format.dateTime(post.dueAt) : t('posts.edited', { when: format.dateTime(post.updatedAt) })}
            </span>
            {hasUnsaved(ws.id, post) ? <span className="font-medium text-warn">{t('unsaved.short')}</span> : null}
            {pictures > 0 ? (
              <span className="inline-flex items-center gap-1">
                <ImageIcon aria-hidden className="size-3.5" />
                {t('posts.pictures', { count: pictures })}
              </span>
            ) : null}
          </span>
        </span>
        <PlatformMarks ids={post.publications.map((p) => p.platform)} most={7} />
        <StateBadge state={post.state} />
      </Link>
      {can('editor') ? <PostMenu post={post} name={text || t('posts.noText')} /> : null}
    </li>
  )
}

export const PostsPage = () => {
  const t = useT()
  const { ws, can } = useSession()
  const [query, setQuery] = useSearchParams()
  const filter = filters.find((f) => f === query.get('state')) ?? 'all'
  const [typed, setTyped] = useState(query.get('q') ?? '')
  const q = query.get('q') ?? ''
  const faces = useFaces()
  const channels = useQuery(channelsQuery(ws.id))
  const platform = query.get('platform') ?? ''
  const type = contentTypes.find((known) => known === query.get('type'))
  const narrowed = filter !== 'all' || q !== '' || platform !== '' || type !== undefined
  const networks = [...new Set([...(channels.data ?? []).map((c) => c.platform), ...(platform ? [platform] : [])])]
    .map((id) => ({ id, name: faces.get(id)?.spec.name ?? id }))
    .sort((a, b) => a.name.localeCompare(b.name))
  /** One word of the address changes, the others stay; empty takes it out. */
  const choose = (name: 'state' | 'platform' | 'type', value: string) =>
    setQuery(
      (before) => {
        const next = new URLSearchParams(before)
        value ? next.set(name, value) : next.delete(name)
        return next
      },
      { replace: true },
    )
  useEffect(() => {
    const timer = setTimeout(() => {
      if (typed !== q)
        setQuery(
          (before) => {
            const next = new URLSearchParams(before)
            typed ? next.set('q', typed) : next.delete('q')
            return next
          },
          { replace: true },
        )
    }, 300)
    return () => clearTimeout(timer)
  }, [typed, q, setQuery])

  const posts = useInfiniteQuery({
    queryKey: [ws.id, 'posts', 'list', filter, q, platform, type],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      api('postList', {
        params: { ws: ws.id },
        query: {
          cursor: pageParam,
          state: filter === 'all' ? undefined : filter,
          q: q || undefined,
          platform: platform || undefined,
          contentType: type,
        },
        signal,
      }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  })
  const items = posts.data?.pages.flatMap((p) => p.items) ?? []
  // What is rare is looked for a part at a time: a page may hold nothing, and another come after it.
  const { fetchNextPage } = posts
  const looking = items.length === 0 && posts.hasNextPage && !posts.isError
  const pages = posts.data?.pages.length ?? 0
  useEffect(() => {
    if (looking && pages > 0) void fetchNextPage()
  }, [looking, pages, fetchNextPage])
  return (
    <Page
      title={t('posts.title')}
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
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <nav
          aria-label={t('posts.filter')}
          className="-mx-4 flex max-w-[100vw] gap-1 overflow-x-auto px-4 sm:mx-0 sm:px-0"
        >
          {filters.map((f) => (
            <button
              key={f}
              type="button"
              aria-pressed={f === filter}
              onClick={() => choose('state', f === 'all' ? '' : f)}
              className={cn(
                'h-9 shrink-0 rounded-lg px-3 text-sm font-medium',
                f === filter ? 'bg-accent-soft text-accent-ink' : 'text-muted hover:bg-sunken hover:text-ink',
              )}
            >
              {f === 'all' ? t('posts.all') : t(`state.${f}`)}
            </button>
          ))}
        </nav>
        <div className="grid w-full grid-cols-2 gap-3 lg:grid-cols-[13rem_13rem_1fr]">
          <Select
            aria-label={t('posts.network')}
            className="px-2 pr-1 sm:px-3 sm:pr-8"
            value={platform}
            onChange={(e) => choose('platform', e.target.value)}
          >
            <option value="">{t('posts.network.any')}</option>
            {networks.map((n) => (
              <option key={n.id} value={n.id}>
                {n.name}
              </option>
            ))}
          </Select>
          <Select
            aria-label={t('posts.type')}
            className="px-2 pr-1 sm:px-3 sm:pr-8"
            value={type ?? ''}
            onChange={(e) => choose('type', e.target.value)}
          >
            <option value="">{t('posts.type.any')}</option>
            {contentTypes.map((known) => (
              <option key={known} value={known}>
                {t(`contentType.${known}`)}
              </option>
            ))}
          </Select>
          <div className="relative col-span-2 lg:col-span-1">
            <Search aria-hidden className="pointer-events-none absolute top-3 left-3 size-4 text-muted" />
            <Input
              type="search"
              aria-label={t('posts.search')}
              placeholder={t('posts.search')}
              className="pl-9"
              value={typed}
              onChange={(e) => setTyped(e.target.value)}
            />
          </div>
        </div>
      </div>
      {posts.isError ? (
        <Failed error={posts.error} retry={() => void posts.refetch()} />
      ) : posts.isPending || looking ? (
        <Card role="status" aria-busy="true">
          <span className="sr-only">{t('loading')}</span>
          {[0, 1, 2, 3].map((n) => (
            <div key={n} className="flex items-center gap-4 border-b border-line px-5 py-4 last:border-0">
              <div className="flex-1 space-y-2">
                <Skeleton className="h-4 w-3/5" />
                <Skeleton className="h-3.5 w-1/4" />
              </div>
              <Skeleton className="h-5 w-24 rounded-full" />
            </div>
          ))}
        </Card>
      ) : items.length === 0 ? (
        <Card>
          <Empty
            icon={<FileText />}
            title={narrowed ? t('posts.none') : t('posts.empty')}
            action={
              !narrowed && can('editor') ? (
                <Button asChild tone="primary">
                  <Link to="/compose">{t('nav.compose')}</Link>
                </Button>
              ) : null
            }
          >
            {narrowed ? t('posts.none.lead') : t('posts.empty.lead')}
          </Empty>
        </Card>
      ) : (
        <>
          <Card className="overflow-hidden">
            <ul className="divide-y divide-line">
              {items.map((post) => (
                <Row key={post.id} post={post} />
              ))}
            </ul>
          </Card>
          {posts.hasNextPage ? (
            <div className="mt-4 text-center">
              <Button busy={posts.isFetchingNextPage} onClick={() => void posts.fetchNextPage()}>
                {t('action.more')}
              </Button>
            </div>
          ) : null}
        </>
      )}
    </Page>
  )
}
