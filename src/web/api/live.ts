/** Live updates: the server says what changed, screens that show it load it again. After a lost line, everything is stale. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { type LiveEvent, liveEvent } from '#contract/posts.ts'

/** The query keys (after the workspace) that show a thing of this kind. */
export const staleKeys = (event: LiveEvent): string[][] => {
  switch (event.kind) {
    case 'publication':
      return [
        ['posts'],
        ['publication', event.id],
        ...(event.postId ? [['post', event.postId]] : [['post']]),
        ...(event.state === 'publishing' ? [] : [['attention']]),
      ]
    case 'post':
      return [['posts'], ['post', event.id]]
    case 'channel':
      return [['channels'], ['attention']]
    case 'media':
      return [['media', event.id]]
    case 'workspace':
      return [['backlog'], ['posts'], ['attention']]
    case 'attention':
      return [['attention']]
  }
}

export const useLive = (ws: string): void => {
  const client = useQueryClient()
  useEffect(() => {
    const source = new EventSource(`/api/v1/workspaces/${ws}/events`)
    let wasOpen = false
    const waiting = new Map<string, string[]>()
    let timer: ReturnType<typeof setTimeout> | undefined
    const flush = () => {
      timer = undefined
      for (const key of waiting.values())
        void client.invalidateQueries({ queryKey: key[0] === 'me' ? key : [ws, ...key] })
      waiting.clear()
    }
    const mark = (key: string[]) => {
      waiting.set(key.join('/'), key)
      timer ??= setTimeout(flush, 60)
    }
    const onData = (message: MessageEvent<string>) => {
      let data: unknown
      try {
        data = JSON.parse(message.data)
      } catch {
        return // a comment or a heartbeat
      }
      const parsed = liveEvent.safeParse(data)
      if (!parsed.success) return
      if (parsed.data.kind === 'workspace') mark(['me'])
      for (const key of staleKeys(parsed.data)) mark(key)
    }
    source.addEventListener('message', onData)
    source.addEventListener('live', onData)
    source.addEventListener('open', () => {
      if (wasOpen) void client.invalidateQueries()
      wasOpen = true
    })
    return () => {
      source.close()
      clearTimeout(timer)
    }
  }, [ws, client])
}
