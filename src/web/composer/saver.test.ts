import { describe, expect, it } from 'vitest'
import type { Post } from '#contract/posts.ts'
import { ApiProblem, Offline } from '../api/client.ts'
import { type Draft, emptyDraft, setText } from './draft.ts'
import { localKeep } from './local.ts'
import { type Call, Saver } from './saver.ts'

const storage = () => {
  const data = new Map<string, string>()
  return {
    data,
    getItem: (k: string) => data.get(k) ?? null,
    setItem: (k: string, v: string) => void data.set(k, v),
    removeItem: (k: string) => void data.delete(k),
  }
}
const write = (text: string): Draft => {
  const draft = emptyDraft()
  return setText(draft, null, draft.segments[0]?.key ?? '', text)
}
const id = '0199d0a0-0000-7000-8000-000000000001'

/** A server that keeps one post, remembers answered keys, and does what the script says: `lost` = done, answer lost. */
const setup = (script: ('ok' | 'lost' | 'down' | 'taken')[] = []) => {
  const calls: Call[] = []
  const created: string[] = []
  const answered = new Map<string, Post>()
  let version = 0
  const box = storage()
  const keep = localKeep('w', box)
  const send = async (call: Call): Promise<Post> => {
    calls.push(call)
    const what = script.shift() ?? 'ok'
    if (what === 'down') throw new Offline()
    if (what === 'taken') throw new ApiProblem({ type: '', code: 'version-mismatch', title: '', status: 412, fix: '' })
    const before = answered.get(call.key)
    if (before) return before
    if (call.id === null) created.push(call.key)
    const post = { id, version: ++version } as Post
    answered.set(call.key, post)
    if (what === 'lost') throw new Offline()
    return post
  }
  const saver = new Saver(
    {
      send,
      sendAlt: async () => undefined,
      keep,
      now: () => 0,
      onSaved: () => undefined,
      debounceMs: null,
      retryMs: 1,
    },
    null,
  )
  return { saver, calls, created, keep, box }
}

describe('saving a draft', () => {
  it('creates once and then replaces, on the version it got', async () => {
    const { saver, calls } = setup()
    saver.change(write('one'))
    await saver.flush()
    saver.change(write('two'))
    await saver.flush()
    expect(calls.map((c) => [c.id, c.version])).toEqual([
      [null, null],
      [id, 1],
    ])
    expect(saver.state.kind).toBe('saved')
  })

  it('never creates twice when the answer to the create was lost, and still saves what was typed since', async () => {
    const { saver, calls, created } = setup(['lost'])
    saver.change(write('one'))
    await expect(saver.flush()).rejects.toBeInstanceOf(Offline)
    expect(saver.state.kind).toBe('offline')
    saver.change(write('one and more'))
    await saver.flush()
    expect(created.length).toBe(1)
    expect(calls[1]?.key).toBe(calls[0]?.key)
    expect(calls.at(-1)?.body.content.segments[0]?.text).toBe('one and more')
  })

  it('keeps a copy in the browser until the server has it', async () => {
    const { saver, keep, box } = setup(['down'])
    saver.change(write('typed in a tunnel'))
    await expect(saver.flush()).rejects.toBeInstanceOf(Offline)
    expect(keep.read(null)?.draft.segments[0]?.text).toBe('typed in a tunnel')
    await saver.flush()
    expect(box.data.size).toBe(0)
  })

  it('still opens a copy that an older Clarion kept, which called segments parts', () => {
    const { keep, box } = setup()
    const part = (text: string) => ({ key: 'p1', text, mediaIds: ['m1'] })
    const draft = {
      parts: [part('shared')],
      firstComment: 'after it',
      channels: [
        { channelId: 'own', parts: [part('mine'), part('and more')], firstComment: '', settings: { parts: 3 } },
        { channelId: 'shares', parts: null, firstComment: '', settings: {} },
      ],
      tags: ['a'],
      latePolicy: null,
      alts: { m1: 'A hill' },
    }
    box.setItem('clarion.draft.w.new', JSON.stringify({ baseVersion: null, draft }))
    const read = keep.read(null)?.draft
    expect(read?.segments).toMatchObject([{ text: 'shared', mediaIds: ['m1'] }])
    expect(read?.channels).toMatchObject([{ segments: [{ text: 'mine' }, { text: 'and more' }] }, { segments: null }])
    expect(read?.channels[0]?.settings).toEqual({ parts: 3 })
    expect(read).toMatchObject({ firstComment: 'after it', tags: ['a'], alts: { m1: 'A hill' }, accepts: [] })
  })

  it('sends nothing more after a conflict until the person chose', async () => {
    const { saver, calls } = setup(['ok', 'taken'])
    saver.change(write('one'))
    await saver.flush()
    saver.change(write('mine'))
    await expect(saver.flush()).rejects.toBeInstanceOf(ApiProblem)
    expect(saver.state.kind).toBe('conflict')
    saver.change(write('mine, longer'))
    await expect(saver.flush()).rejects.toThrow('conflict')
    expect(calls.length).toBe(2)
    await saver.keepMine({ id, version: 9 } as Post)
    expect(calls.at(-1)).toMatchObject({ version: 9, body: { content: { segments: [{ text: 'mine, longer' }] } } })
  })

  it('makes no draft of nothing', async () => {
    const { saver, calls } = setup()
    saver.change(emptyDraft())
    expect(await saver.flush()).toBeNull()
    expect(calls).toEqual([])
  })
})
