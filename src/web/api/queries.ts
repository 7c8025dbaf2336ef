/** What screens read, as TanStack Query options. Keys start with the workspace, so that a switch shares nothing. */
import { keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query'
import type { Media } from '#contract/media.ts'
import type { PostState } from '#contract/posts.ts'
import { ApiProblem, api } from './client.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // The client itself repeats lost calls; a Problem stays one however often we ask.
      retry: false,
      refetchOnWindowFocus: true,
    },
  },
})

export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: () => api('setupState'),
  staleTime: Number.POSITIVE_INFINITY,
})
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () =>
    api('me').catch((e: unknown) =>
      e instanceof ApiProblem && e.code === 'unauthenticated' ? null : Promise.reject(e),
    ),
  staleTime: 60_000,
})

export const channelsQuery = (ws: string) =>
  queryOptions({
    queryKey: [ws, 'channels'],
    queryFn: async () => (await api('channelList', { params: { ws } })).items,
  })
export const platformsQuery = (ws: string) =>
  queryOptions({
    queryKey: [ws, 'platforms'],
    queryFn: async () => (await api('platformList', { params: { ws } })).items,
    staleTime: 60_000,
  })
export const postQuery = (ws: string, id: string) =>
  queryOptions({ queryKey: [ws, 'post', id], queryFn: () => api('postGet', { params: { ws, id } }) })
export const publicationQuery = (ws: string, id: string) =>
  queryOptions({ queryKey: [ws, 'publication', id], queryFn: () => api('publicationGet', { params: { ws, id } }) })
export const membersQuery = (ws: string) =>
  queryOptions({ queryKey: [ws, 'members'], queryFn: async () => (await api('memberList', { params: { ws } })).items })
export const keysQuery = (ws: string) =>
  queryOptions({ queryKey: [ws, 'keys'], queryFn: async () => (await api('keyList', { params: { ws } })).items })

/** Posts due between two instants, ascending, all pages. */
export const calendarQuery = (ws: string, from: string, to: string, channelId?: string) =>
  queryOptions({
    queryKey: [ws, 'posts', 'calendar', from, to, channelId ?? ''],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const items = []
      let cursor: string | undefined
      do {
        const page = await api('postList', {
          params: { ws },
          query: { from, to, channelId, cursor, limit: 100 },
          signal,
        })
        items.push(...page.items)
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      return items
    },
  })

export type PostFilter = { state?: PostState; q?: string; channelId?: string }

/** Media by id. The list is paged newest first; reads on until every id is found or the list ends. */
export const mediaQuery = (ws: string, ids: readonly string[]) =>
  queryOptions({
    queryKey: [ws, 'media', ...[...ids].sort()],
    enabled: ids.length > 0,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const missing = new Set(ids)
      const found: Record<string, Media> = {}
      let cursor: string | undefined
      do {
        const page = await api('mediaList', { params: { ws }, query: { cursor, limit: 100 }, signal })
        for (const item of page.items) if (missing.delete(item.id)) found[item.id] = item
        cursor = page.nextCursor ?? undefined
      } while (cursor && missing.size > 0)
      return found
    },
  })
