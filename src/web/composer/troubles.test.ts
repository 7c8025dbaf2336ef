import { describe, expect, it } from 'vitest'
import type { Finding } from '#kit/facts/preflight.ts'
import { settingName } from '../lib/finding-kinds.ts'
import { emptyDraft } from './draft.ts'
import { groupTroubles, placeOf, type Seen } from './troubles.ts'

const finding = (kind: string, level: Finding['level'], at: Partial<Finding> = {}): Finding => ({
  rule: `x.${kind}`,
  kind,
  level,
  message: '',
  remedy: '',
  params: {},
  ...at,
})
const seen = (channelId: string, f: Finding, message: string): Seen => ({
  channelId,
  finding: f,
  text: { message, remedy: 'Do it.', lang: undefined },
})
const titles: Record<string, string> = { 'image.alt-missing': 'No alt text', 'text.length': 'Too long' }
const titleOf = (kind: string) => titles[kind] ?? null

describe('a wall of findings', () => {
  it('becomes one line for each problem, with its networks and files, what must be corrected first', () => {
    const list = ['a', 'b', 'c'].flatMap((channel) => [
      seen(channel, finding('image.alt-missing', 'warning', { media: 'm1' }), 'No alt text here.'),
      seen(channel, finding('image.alt-missing', 'warning', { media: 'm2' }), 'No alt text here.'),
      seen(channel, finding('text.length', 'error', { segment: 0 }), `Too long for ${channel}.`),
    ])
    list.push(seen('a', finding('board.required', 'error'), 'Choose a board.'))
    list.push(seen('b', finding('board.required', 'error'), 'Choose another thing.'))
    const troubles = groupTroubles(list, titleOf)
    expect(troubles.map((t) => [t.level, t.title, t.sentences.length, t.channelIds.join(''), t.files])).toEqual([
      ['error', 'Too long', 3, 'abc', 0],
      ['error', null, 1, 'a', 0],
      ['error', null, 1, 'b', 0],
      ['warning', 'No alt text', 1, 'abc', 2],
    ])
  })

  it('keeps what blocks on one network apart from what only warns on another', () => {
    const troubles = groupTroubles(
      [
        seen('a', finding('text.length', 'warning'), 'Cut after 200.'),
        seen('b', finding('text.length', 'error'), 'Too long.'),
      ],
      titleOf,
    )
    expect(troubles.map((t) => [t.level, t.channelIds])).toEqual([
      ['error', ['b']],
      ['warning', ['a']],
    ])
  })
})

describe('the way to the field', () => {
  const draft = {
    ...emptyDraft(),
    segments: [{ key: 's1', text: 'x', mediaIds: ['m1', 'm2'] }],
    channels: [
      { channelId: 'a', segments: null, firstComment: '', settings: {} },
      { channelId: 'b', segments: [{ key: 's2', text: 'own', mediaIds: [] }], firstComment: '', settings: {} },
    ],
  }
  const way = (channelId: string, f: Finding) => {
    const place = placeOf(draft, { channelId, finding: f })
    return place?.kind === 'field' ? `${place.tab} ${place.field}` : place
  }
  it('leads to the version that the channel shows', () => {
    expect(way('a', finding('image.alt-missing', 'warning', { segment: 0, media: 'm2' }))).toBe('shared alt:s1:m2')
    expect(way('a', finding('image.bytes', 'warning', { segment: 0, media: 'm1' }))).toBe('shared media:s1:m1')
    expect(way('a', finding('media.count', 'error', { segment: 0 }))).toBe('shared media:s1:m1')
    expect(way('b', finding('media.required', 'error', { segment: 0 }))).toBe('b add:s2')
    expect(way('b', finding('text.length', 'error', { segment: 0 }))).toBe('b text:s2')
    expect(way('a', finding('comment.unsupported', 'warning'))).toBe('shared comment')
  })
  it('leads to the settings for a choice, and nowhere for what no field puts right', () => {
    expect(way('a', finding('settings.boardId', 'error'))).toEqual({
      kind: 'settings',
      channelId: 'a',
      about: 'settings.boardId',
    })
    expect(way('a', finding('quota.spent', 'error'))).toBe(null)
  })
})

describe('the name of a setting', () => {
  const words = { boardId: 'Board', poll: 'Poll', 'poll.options': 'Answers', userTags: 'Tagged people' }
  it("is the platform's own word for it, or for the group it is in", () => {
    expect(
      ['boardId', 'poll.options.1', 'poll.durationMinutes', 'userTags.0.username', 'nothing'].map((p) =>
        settingName(words, p),
      ),
    ).toEqual(['Board', 'Answers', 'Poll', 'Tagged people', undefined])
  })
})
