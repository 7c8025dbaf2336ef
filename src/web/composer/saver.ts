/**
 * Saves a draft by itself and never loses a letter. Life: clean -> dirty -> saving -> saved (-> dirty ...), and from
 * saving: offline (tries again by itself), failed (a Problem; the next change or `flush` tries again),
 * conflict (somebody else saved meanwhile: nothing is sent until the person chooses).
 *
 * A save whose answer was lost is sent again unchanged, with its own Idempotency-Key, before anything newer: so a draft
 * is never created twice and our own lost save never looks like somebody else's change.
 */
import type { Post, PostInput } from '#contract/posts.ts'
import { isProblem, newKey, Offline } from '../api/client.ts'
import { type Draft, hasContent, toInput } from './draft.ts'
import type { LocalKeep } from './local.ts'

export type SaveState =
  | { kind: 'clean' | 'dirty' | 'saving' | 'offline' | 'conflict' }
  | { kind: 'saved'; at: number }
  | { kind: 'failed'; error: unknown }

/** Is there something on the screen that the server does not have? */
export const isUnsaved = (state: SaveState): boolean => state.kind !== 'clean' && state.kind !== 'saved'

export type Call = { id: string | null; version: number | null; body: PostInput; key: string }
export type SaverDeps = {
  /** Sends one save: creates without id, replaces with it. */
  send: (call: Call) => Promise<Post>
  /** Stores an alt text with its picture. */
  sendAlt: (mediaId: string, alt: string) => Promise<void>
  keep: LocalKeep
  now: () => number
  onSaved: (post: Post) => void
  /** Save by itself after this long without typing (ms); null: only on `flush` (a scheduled post is not changed half-typed). */
  debounceMs: number | null
  retryMs?: number
}

export class Saver {
  #state: SaveState = { kind: 'clean' }
  #draft: Draft | null = null
  #sent: Draft | null = null
  #pending: { call: Call; draft: Draft } | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #running: Promise<Post | null> | null = null
  #last: Post | null
  #base: { id: string | null; version: number | null }
  #storedAlts: Record<string, string> = {}
  #listeners = new Set<() => void>()
  #deps: SaverDeps
  storageWorks = true

  constructor(deps: SaverDeps, post: Post | null) {
    this.#deps = deps
    this.#last = post
    this.#base = { id: post?.id ?? null, version: post?.version ?? null }
  }

  get state(): SaveState {
    return this.#state
  }
  get id(): string | null {
    return this.#base.id
  }
  get version(): number | null {
    return this.#base.version
  }
  /** Does it save by itself? */
  get autoSaves(): boolean {
    return this.#deps.debounceMs !== null
  }
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  getState = (): SaveState => this.#state

  #set(state: SaveState) {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }

  /** Takes the draft as it is now; called at every keystroke. */
  change(draft: Draft): void {
    this.#draft = draft
    this.storageWorks = this.#deps.keep.write(this.#base.id, { baseVersion: this.#base.version, draft })
    if (this.#state.kind === 'conflict') return
    if (!this.#running) this.#set({ kind: 'dirty' })
    this.#arm(this.#deps.debounceMs)
  }

  #arm(ms: number | null) {
    clearTimeout(this.#timer)
    if (ms !== null) this.#timer = setTimeout(() => void this.flush().catch(() => undefined), ms)
  }

  /** Saves now what is unsaved. Gives the post as the server has it; null when there is nothing worth a draft. Raises what the save raised. */
  flush(): Promise<Post | null> {
    clearTimeout(this.#timer)
    if (this.#state.kind === 'conflict') return Promise.reject(new Error('conflict'))
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #run(): Promise<Post | null> {
    try {
      while (this.#draft && (this.#pending || this.#draft !== this.#sent)) {
        if (!this.#pending && !this.#base.id && !hasContent(this.#draft)) return null
        this.#set({ kind: 'saving' })
        await this.#saveAlts(this.#draft)
        this.#pending ??= { call: { ...this.#base, body: toInput(this.#draft), key: newKey() }, draft: this.#draft }
        const { call, draft } = this.#pending
        const post = await this.#deps.send(call)
        this.#pending = null
        this.#sent = draft
        this.#accept(post, this.#draft === draft)
      }
      if (this.#state.kind !== 'clean') this.#set({ kind: 'saved', at: this.#deps.now() })
      return this.#last
    } catch (error) {
      if (error instanceof Offline) {
        this.#set({ kind: 'offline' })
        this.#arm(this.#deps.retryMs ?? 4000)
      } else {
        this.#pending = null
        this.#set(isProblem(error, 'version-mismatch') ? { kind: 'conflict' } : { kind: 'failed', error })
      }
      throw error
    }
  }

  async #saveAlts(draft: Draft) {
    for (const [mediaId, alt] of Object.entries(draft.alts)) {
      if (this.#storedAlts[mediaId] === alt) continue
      await this.#deps.sendAlt(mediaId, alt)
      this.#storedAlts[mediaId] = alt
    }
  }

  #accept(post: Post, isNewest: boolean) {
    const oldId = this.#base.id
    this.#last = post
    this.#base = { id: post.id, version: post.version }
    if (isNewest) this.#deps.keep.remove(oldId)
    else if (oldId !== post.id && this.#draft) {
      this.#deps.keep.remove(oldId)
      this.#deps.keep.write(post.id, { baseVersion: post.version, draft: this.#draft })
    }
    this.#deps.onSaved(post)
  }

  /** The post got a new version through another action of ours (schedule, unschedule): go on from there. */
  rebase(post: Post): void {
    this.#last = post
    this.#base = { id: post.id, version: post.version }
  }

  /** Starts unsaved with a copy this browser kept; a copy made on an older version is a conflict. */
  restore(draft: Draft, conflict: boolean): void {
    this.#draft = draft
    this.#set({ kind: conflict ? 'conflict' : 'dirty' })
  }

  /** Begins to save by itself what is unsaved; called when the screen is really there, not while it is being made. */
  resume(): void {
    if (this.#state.kind === 'dirty' || this.#state.kind === 'offline') this.#arm(this.#deps.debounceMs)
  }

  /** Conflict settled: ours replaces what the server has (`theirs` is what it has now). */
  keepMine(theirs: Post): Promise<Post | null> {
    this.rebase(theirs)
    this.#set({ kind: 'dirty' })
    return this.flush()
  }

  /** Forgets the local copy. */
  discard(): void {
    clearTimeout(this.#timer)
    this.#deps.keep.remove(this.#base.id)
    this.#draft = null
    this.#pending = null
    this.#set({ kind: 'clean' })
  }

  /** The debounce may change when a draft gets scheduled or goes back to draft. */
  setDebounce(ms: number | null): void {
    this.#deps = { ...this.#deps, debounceMs: ms }
  }

  /** Stops timers; what is unsaved stays in the local copy. */
  stop(): void {
    clearTimeout(this.#timer)
  }
}
