/** Everything the composer's parts share: the draft, its saver, media and uploads, and what each channel would refuse. */
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { Channel } from '#contract/channels.ts'
import type { Media } from '#contract/media.ts'
import type { Post } from '#contract/posts.ts'
import { type Finding, preflight } from '#kit/facts/preflight.ts'
import { type Account, useAccounts, useMedia } from '../api/queries.ts'
import { type Upload, upload } from '../api/upload.ts'
import { useBodies } from '../lib/registry.tsx'
import { useSession } from '../shell/session.tsx'
import { allAttached, attachedIds } from './attached.ts'
import { addMedia, type Draft, emptyDraft, fromPost, mediaIdsOf, preflightDraft, type Target } from './draft.ts'
import { kindOfFile, refusalOf } from './files.ts'
import { localKeep } from './local.ts'
import type { Saver, SaveState } from './saver.ts'
import { debounceOf, makeSaver } from './saver-here.ts'

export type RunningUpload = {
  key: string
  target: Target
  segmentKey: string
  name: string
  /** Address of a picture in this browser; empty for other files. */
  preview: string
  share: number
  error: unknown
  file: File
  /** When it was picked, among all of this screen. */
  picked: number
  stop: () => void
}

export type Composer = {
  draft: Draft
  edit: (change: (draft: Draft) => Draft) => void
  saver: Saver
  save: SaveState
  post: Post | null
  setPost: (post: Post) => void
  channels: readonly Channel[]
  chosen: readonly Channel[]
  /** What the networks say of the chosen channels, as far as they have answered. */
  accounts: Readonly<Record<string, Account>>
  media: Readonly<Record<string, Media>>
  uploads: readonly RunningUpload[]
  addFiles: (target: Target, segmentKey: string, files: Iterable<File>) => void
  dropUpload: (key: string) => void
  retryUpload: (key: string) => void
  findings: ReadonlyMap<string, Finding[]>
  restored: boolean
  startOver: () => void
}

export const useComposer = (initial: Post | null, channels: readonly Channel[]): Composer => {
  const { me, ws } = useSession()
  const { videoBytes } = me
  const client = useQueryClient()
  const bodies = useBodies()
  const [post, setPostState] = useState(initial)

  const [setup] = useState(() => {
    const saver = makeSaver(ws.id, initial, (saved) => onSaved.current(saved))
    const copy = localKeep(ws.id, localStorage).read(initial?.id ?? null)
    if (copy) saver.restore(copy.draft, initial !== null && copy.baseVersion !== initial.version)
    return { saver, draft: copy?.draft ?? (initial ? fromPost(initial) : emptyDraft()), restored: copy !== null }
  })
  const { saver } = setup
  const [draft, setDraft] = useState(setup.draft)
  const [restored, setRestored] = useState(setup.restored)
  const save = useSyncExternalStore(saver.subscribe, saver.getState)

  const setPost = useCallback(
    (next: Post) => {
      setPostState(next)
      client.setQueryData([ws.id, 'post', next.id], next)
      saver.rebase(next)
      saver.setDebounce(debounceOf(next))
    },
    [client, saver, ws.id],
  )
  const onSaved = useRef((_: Post): void => undefined)
  onSaved.current = (saved) => {
    setPostState(saved)
    client.setQueryData([ws.id, 'post', saved.id], saved)
    void client.invalidateQueries({ queryKey: [ws.id, 'posts'] })
    // The address gets the id without a new page: nothing on the screen may move while somebody types.
    const address = `/compose/${saved.id}${window.location.search}`
    if (window.location.pathname === '/compose') window.history.replaceState(window.history.state, '', address)
  }

  const edit = useCallback((change: (draft: Draft) => Draft) => setDraft(change), [])
  // The saver hears of every change after it is drawn; the first draft is what the server has, so it is not one.
  const first = useRef(draft)
  useEffect(() => {
    if (draft !== first.current) saver.change(draft)
  }, [draft, saver])
  useEffect(() => {
    const online = () => void saver.flush().catch(() => undefined)
    window.addEventListener('online', online)
    saver.resume()
    return () => {
      window.removeEventListener('online', online)
      // Leaving the page saves what is open; the local copy stays until the server has it.
      if (saver.state.kind === 'dirty' && saver.autoSaves) void saver.flush().catch(() => undefined)
      saver.stop()
    }
  }, [saver])

  // Media: what this screen uploaded, and what the post already had.
  const ids = useMemo(() => {
    const platformOf = (id: string) => channels.find((c) => c.id === id)?.platform
    return [...new Set([...mediaIdsOf(draft), ...allAttached(draft, bodies, platformOf)])]
  }, [draft, bodies, channels])
  const [uploaded, setUploaded] = useState<Record<string, Media>>({})
  const unknown = useMemo(() => ids.filter((id) => !uploaded[id]), [ids, uploaded])
  const loaded = useMedia(ws.id, unknown)
  const media = useMemo(() => ({ ...loaded, ...uploaded }), [loaded, uploaded])

  const [uploads, setUploads] = useState<RunningUpload[]>([])
  const patch = useCallback(
    (key: string, change: Partial<RunningUpload>) =>
      setUploads((list) => list.map((u) => (u.key === key ? { ...u, ...change } : u))),
    [],
  )
  const order = useRef(new Map<string, number>())
  const begin = useCallback(
    (job: Omit<RunningUpload, 'stop' | 'share' | 'error'>) => {
      const refused = refusalOf(job.file, videoBytes)
      if (refused) {
        setUploads((list) => [
          ...list.filter((u) => u.key !== job.key),
          { ...job, share: 0, error: refused, stop: () => undefined },
        ])
        return
      }
      const running: Upload = upload(ws.id, job.file, (share) => patch(job.key, { share }))
      setUploads((list) => [
        ...list.filter((u) => u.key !== job.key),
        { ...job, share: 0, error: null, stop: running.abort },
      ])
      running.promise.then(
        (item) => {
          setUploaded((all) => ({ ...all, [item.id]: item }))
          order.current.set(item.id, job.picked)
          edit((d) => addMedia(d, job.target, job.segmentKey, item.id, order.current))
          setUploads((list) => list.filter((u) => u.key !== job.key))
          URL.revokeObjectURL(job.preview)
        },
        (error: unknown) => {
          if (error instanceof DOMException && error.name === 'AbortError')
            setUploads((list) => list.filter((u) => u.key !== job.key))
          else patch(job.key, { error })
        },
      )
    },
    [ws.id, patch, edit, videoBytes],
  )
  const serial = useRef(0)
  const addFiles = useCallback(
    (target: Target, segmentKey: string, files: Iterable<File>) => {
      for (const file of files) {
        const job = {
          key: `u${++serial.current}`,
          picked: serial.current,
          target,
          segmentKey,
          name: file.name,
          preview: kindOfFile(file) === 'image' ? URL.createObjectURL(file) : '',
          file,
        }
        begin(job)
      }
    },
    [begin],
  )
  const dropUpload = useCallback(
    (key: string) => {
      const found = uploads.find((u) => u.key === key)
      found?.stop()
      if (found) URL.revokeObjectURL(found.preview)
      setUploads((list) => list.filter((u) => u.key !== key))
    },
    [uploads],
  )
  const retryUpload = useCallback(
    (key: string) => {
      const found = uploads.find((u) => u.key === key)
      if (found) begin(found)
    },
    [uploads, begin],
  )

  // With what the network says of each account now: limits and permissions change while a channel stays connected.
  const accounts = useAccounts(
    ws.id,
    useMemo(() => draft.channels.map((c) => c.channelId), [draft.channels]),
  )
  const chosen = useMemo(
    () =>
      draft.channels.flatMap((c) => {
        const channel = channels.find((x) => x.id === c.channelId)
        const now = accounts[c.channelId]
        return channel ? [now ? { ...channel, facts: { ...channel.facts, ...now.facts } } : channel] : []
      }),
    [draft.channels, channels, accounts],
  )
  const findings = useMemo(
    () =>
      new Map(
        chosen.map((channel) => {
          const face = bodies.get(channel.platform)
          const settings = draft.channels.find((c) => c.channelId === channel.id)?.settings ?? {}
          const seen = preflightDraft(draft, channel, media, attachedIds(face, settings))
          return [channel.id, face ? preflight(face, seen) : []]
        }),
      ),
    [chosen, draft, media, bodies],
  )

  const startOver = useCallback(() => {
    saver.discard()
    const fresh = initial ? fromPost(initial) : emptyDraft()
    first.current = fresh
    setDraft(fresh)
    setRestored(false)
  }, [saver, initial])

  return {
    draft,
    edit,
    saver,
    save,
    post,
    setPost,
    channels,
    chosen,
    accounts,
    media,
    uploads,
    addFiles,
    dropUpload,
    retryUpload,
    findings,
    restored,
    startOver,
  }
}
