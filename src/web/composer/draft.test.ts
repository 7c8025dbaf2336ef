import { describe, expect, it } from 'vitest'
import { addMedia, addPart, emptyDraft, moveMedia } from './draft.ts'

describe('files of a post', () => {
  const draft = emptyDraft()
  const key = draft.parts[0]!.key
  const picked = new Map([
    ['film', 1],
    ['picture', 2],
    ['last', 3],
  ])
  it('stand in the order they were picked, whichever arrives first', () => {
    const arrived = ['picture', 'last', 'film'].reduce((d, id) => addMedia(d, null, key, id, picked), draft)
    expect(arrived.parts[0]!.mediaIds).toEqual(['film', 'picture', 'last'])
  })
  it('come after those that were there before, and only once', () => {
    const before = addMedia(draft, null, key, 'old')
    const arrived = ['picture', 'film', 'picture'].reduce((d, id) => addMedia(d, null, key, id, picked), before)
    expect(arrived.parts[0]!.mediaIds).toEqual(['old', 'film', 'picture'])
  })
  it('leave what a person has moved where it is', () => {
    const two = ['film', 'picture'].reduce((d, id) => addMedia(d, null, key, id, picked), draft)
    const moved = moveMedia(two, null, key, 'film', 1)
    expect(addMedia(moved, null, key, 'last', picked).parts[0]!.mediaIds).toEqual(['picture', 'film', 'last'])
  })
  it('go to the first part when theirs is gone', () => {
    const longer = addPart(draft, null, key)
    expect(addMedia(longer, null, 'gone', 'film').parts.map((p) => p.mediaIds)).toEqual([['film'], []])
  })
})
