/** What screens read, as TanStack Query options. Keys start with the workspace, so that a switch shares nothing. */
import { keepPreviousData, QueryClient, queryOptions, useQueries } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { Media } from '#contract/media.ts'
import type { RouteReply } from '#contract/routes.ts'
import { ApiProblem, api, isProblem, whenSignedOut } from './client.ts'

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

/** Not about a person: what may stay when one leaves. */
const impersonal = new Set<unknown>(['me', 'setup', 'platform-body'])
/**
 * Nobody is signed in any more (signed out here, elsewhere, or the session ended): the screens give way to sign-in, and
 * nothing this person saw is left for the next one. The query of `me` itself stays, as the screens watch it.
 */
export const forgetPerson = (): void => {
  queryClient.setQueryData(meQuery.queryKey, null)
  queryClient.removeQueries({ predicate: ({ queryKey }) => !impersonal.has(queryKey[0]) })
}
whenSignedOut(() => {
  if (queryClient.getQueryData(meQuery.queryKey)) forgetPerson()
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

/** What an outage left behind, and whether anybody publishes. It changes by itself, so it is asked for again while there is any. */
export const backlogQuery = (ws: string) =>
  queryOptions({
    queryKey: [ws, 'backlog'],
    queryFn: () => api('backlogGet', { params: { ws } }),
    refetchInterval: ({ state: { data } }) =>
      data && (data.channels.length > 0 || !data.worker.working) ? 15_000 : 60_000,
  })

/** What needs a person; a live event asks for it anew, and once a minute what comes with time. */
export const openItemsQuery = (ws: string) =>
  queryOptions({
    queryKey: [ws, 'attention'],
    queryFn: () => api('attentionGet', { params: { ws } }),
    refetchInterval: 60_000,
  })

/** Posts that wait for a person, as far as one page tells; null: none. */
export const attentionQuery = (ws: string) =>
  queryOptions({
    queryKey: [ws, 'posts', 'attention'],
    queryFn: async ({ signal }) => {
      const page = await api('postList', { params: { ws }, query: { state: 'attention', limit: 100 }, signal })
      return page.items.length > 0 ? { count: page.items.length, more: page.nextCursor !== null } : null
    },
  })

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

/** Things on a channel's network to choose from; kept for a minute. */
export const optionsQuery = (ws: string, channelId: string, list: string, params: Record<string, string>) =>
  queryOptions({
    queryKey: [ws, 'options', channelId, list, params],
    staleTime: 60_000,
    queryFn: async ({ signal }) =>
      (await api('channelOptions', { params: { ws, id: channelId, list }, query: params, signal })).items,
  })
/** What the network says of an account now. The server asks it at most every five minutes. */
export const accountQuery = (ws: string, channelId: string) =>
  queryOptions({
    queryKey: [ws, 'account', channelId],
    staleTime: 60_000,
    queryFn: ({ signal }) => api('channelAccount', { params: { ws, id: channelId }, signal }),
  })

export const publicationInsightsQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: [ws, 'insights', id],
    staleTime: 60_000,
    queryFn: ({ signal }) => api('publicationInsights', { params: { ws, id }, signal }),
  })
export const channelInsightsQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: [ws, 'channel-insights', id],
    staleTime: 5 * 60_000,
    queryFn: ({ signal }) => api('channelInsights', { params: { ws, id }, signal }),
  })

/** One picture; null when it was deleted. Kept: only its alt text can change, and that is told by the live events. */
export const mediaQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: [ws, 'media', id],
    staleTime: 10 * 60_000,
    queryFn: ({ signal }) =>
      api('mediaGet', { params: { ws, id }, signal }).catch((e: unknown) =>
        isProblem(e, 'not-found') ? null : Promise.reject(e),
      ),
  })

const byId = (results: readonly { data?: Media | null | undefined }[]): Readonly<Record<string, Media>> =>
  Object.fromEntries(results.flatMap(({ data }) => (data ? [[data.id, data]] : [])))
/** Pictures by id, as far as they have arrived; one request for each that is not known yet. */
export const useMedia = (ws: string, ids: readonly string[]): Readonly<Record<string, Media>> =>
  useQueries({ queries: [...new Set(ids)].map((id) => mediaQuery(ws, id)), combine: byId })

export type Account = RouteReply<'channelAccount'>
/** Accounts by channel id, as far as they have answered; one that does not answer is left out. `ids`: no id twice. */
export const useAccounts = (ws: string, ids: readonly string[]): Readonly<Record<string, Account>> => {
  const combine = useCallback(
    (results: readonly { data?: Account | undefined }[]) =>
      Object.fromEntries(results.flatMap(({ data }, n) => (data ? [[ids[n]!, data]] : []))),
    [ids],
  )
  return useQueries({ queries: ids.map((id) => accountQuery(ws, id)), combine })
}
