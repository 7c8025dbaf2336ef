import { describe, expect, it } from 'vitest'
import {
  addMedia,
  addSegment,
  chooseChannels,
  commentFor,
  customise,
  emptyDraft,
  moveMedia,
  setComment,
  shareText,
  toggleChannel,
  toInput,
} from './draft.ts'

describe('files of a post', () => {
  const draft = emptyDraft()
  const key = draft.segments[0]!.key
  const picked = new Map([
    ['film', 1],
    ['picture', 2],
    ['last', 3],
  ])
  it('stand in the order they were picked, whichever arrives first', () => {
    const arrived = ['picture', 'last', 'film'].reduce((d, id) => addMedia(d, null, key, id, picked), draft)
    expect(arrived.segments[0]!.mediaIds).toEqual(['film', 'picture', 'last'])
  })
  it('come after those that were there before, and only once', () => {
    const before = addMedia(draft, null, key, 'old')
    const arrived = ['picture', 'film', 'picture'].reduce((d, id) => addMedia(d, null, key, id, picked), before)
    expect(arrived.segments[0]!.mediaIds).toEqual(['old', 'film', 'picture'])
  })
  it('leave what a person has moved where it is', () => {
    const two = ['film', 'picture'].reduce((d, id) => addMedia(d, null, key, id, picked), draft)
    const moved = moveMedia(two, null, key, 'film', 1)
    expect(addMedia(moved, null, key, 'last', picked).segments[0]!.mediaIds).toEqual(['picture', 'film', 'last'])
  })
  it('go to the first segment when theirs is gone', () => {
    const longer = addSegment(draft, null, key)
    expect(addMedia(longer, null, 'gone', 'film').segments.map((p) => p.mediaIds)).toEqual([['film'], []])
  })
})

describe('the first comment', () => {
  const shared = setComment(toggleChannel(toggleChannel(emptyDraft(), 'one'), 'two'), null, 'For all')
  it('is the shared one until a channel has its own version, which begins with it and then goes its own way', () => {
    expect(commentFor(shared, 'one')).toBe('For all')
    const own = setComment(customise(shared, 'one'), 'one', 'Only here')
    expect([commentFor(own, 'one'), commentFor(own, 'two'), commentFor(own, null)]).toEqual([
      'Only here',
      'For all',
      'For all',
    ])
    expect(toInput(own).publications.map((p) => p.content?.firstComment)).toEqual(['Only here', undefined])
    expect(commentFor(shareText(own, 'one'), 'one')).toBe('For all')
  })
  it('of a version of its own may be empty', () => {
    const own = setComment(customise(shared, 'one'), 'one', ' ')
    expect(toInput(own).publications[0]?.content).not.toHaveProperty('firstComment')
  })
})

describe('choosing channels', () => {
  it('all or none leaves the others, and what was written for one that stays', () => {
    const draft = customise(toggleChannel(toggleChannel(emptyDraft(), 'mine'), 'other'), 'mine')
    const all = chooseChannels(draft, ['mine', 'new'], true)
    expect(all.channels.map((c) => c.channelId)).toEqual(['mine', 'other', 'new'])
    expect(all.channels[0]?.segments).not.toBeNull()
    expect(chooseChannels(all, ['mine', 'new'], false).channels.map((c) => c.channelId)).toEqual(['other'])
  })
})
