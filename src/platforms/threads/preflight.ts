/** What only Threads' own rules can say, and the pure half of the platform for browser and server. */
import {
  type AddFinding,
  type Draft,
  type DraftMedia,
  type Finding,
  findingList,
  type PlatformPure,
} from '#kit/facts/preflight.ts'
import { type Settings, settings, spec } from './spec.ts'
import { hashtags, inlineTopic, linkCount, spoilerRanges, text } from './text.ts'

const linksMax = 5

const tooManyLinks = (add: AddFinding, actual: number, segment?: number) => {
  if (actual > linksMax)
    add(
      'text.links',
      'error',
      `The post has ${actual} different links, the attached ones included; Threads takes ${linksMax}.`,
      `Remove ${actual - linksMax}.`,
      { limit: linksMax, actual, over: actual - linksMax },
      { segment },
    )
}

const words = (add: AddFinding, draft: Draft) => {
  for (const [segment, s] of draft.segments.entries()) {
    const tags = hashtags(s.text).length
    if (tags > 1)
      add(
        'text.topics',
        'warning',
        `The text has ${tags} hashtags; Threads makes one topic of them.`,
        'Keep the first, the others stay plain text.',
        { actual: tags, topic: inlineTopic(s.text) ?? '' },
        { segment },
      )
    for (const m of s.media) narrow(add, m, segment)
  }
  const comment = draft.firstComment?.trim() ?? ''
  const length = text.count(comment)
  if (length > spec.text.max)
    add(
      'comment.length',
      'error',
      `The first comment is ${length} long; Threads takes ${spec.text.max}.`,
      'Shorten the first comment.',
      { limit: spec.text.max, actual: length },
    )
  tooManyLinks(add, linkCount(comment))
}

const narrow = (add: AddFinding, m: DraftMedia, segment: number) => {
  if (m.kind === 'image' && m.width && m.width < 320)
    add(
      'image.narrow',
      'warning',
      `The picture is ${m.width} pixels wide; Threads enlarges it to 320.`,
      'Use a larger picture.',
      { actual: m.width, limit: 320 },
      { segment, media: m.id },
    )
  if (m.kind === 'video' && m.alt.length > 1000)
    add(
      'video.alt',
      'error',
      `The description of the video is ${m.alt.length} long; Threads takes 1000.`,
      'Shorten the description.',
      { limit: 1000, actual: m.alt.length },
      { segment, media: m.id },
    )
}

/** Attachments go with a text alone, and not with each other. */
const attachments = (add: AddFinding, draft: Draft, s: Settings) => {
  const set = [
    ...(s.link ? ['link card'] : []),
    ...(s.poll ? ['poll'] : []),
    ...(s.longText ? ['long text'] : []),
    ...(s.gifId ? ['GIF'] : []),
  ]
  const at = { segment: 0 }
  if (set.length > 0 && (draft.segments[0]?.media.length ?? 0) > 0)
    add(
      'attach.media',
      'error',
      `A post with pictures or videos takes no ${set.join(', no ')} on Threads.`,
      'Remove it, or the media of the first post.',
      { what: set.join(', ') },
      at,
    )
  if (s.longText && s.poll)
    add(
      'longText.poll',
      'error',
      'A long text and a poll do not go together on Threads.',
      'Keep one of the two.',
      {},
      at,
    )
  if (s.longTextLink && s.link)
    add('longText.link', 'error', 'The post has a link card, so the long text takes no link.', 'Keep one link.', {}, at)
  if (s.longTextLink && !s.longText)
    add(
      'longText.missing',
      'error',
      'There is a link for a long text, but no long text.',
      'Write it, or remove the link.',
    )
}

const ghost = (add: AddFinding, draft: Draft, s: Settings) => {
  const more =
    (draft.segments[0]?.media.length ?? 0) > 0 ||
    [s.link, s.poll, s.longText, s.gifId, s.quotePostId, s.topicTag].some((x) => x !== undefined) ||
    s.replyControl !== 'everyone' ||
    s.replyApprovals ||
    s.countries.length > 0
  if (more)
    add(
      'ghost.alone',
      'error',
      'A ghost post is text alone; hidden words are all it takes.',
      'Remove media and attachments, set the other choices back, or make it a normal post.',
      {},
      { segment: 0 },
    )
  if (draft.segments.length > 1 || draft.firstComment?.trim())
    add(
      'ghost.thread',
      'error',
      'A ghost post takes neither a thread nor a first comment.',
      'Keep one post without a comment, or make it a normal one.',
    )
}

const spoilers = (add: AddFinding, draft: Draft, s: Settings) => {
  const source = draft.segments[0]?.text ?? ''
  for (const word of s.spoilers) {
    const at = source.indexOf(word)
    if (at < 0)
      add(
        'spoilers.missing',
        'error',
        `“${word}” is to be hidden, but is not in the text of the first post.`,
        'Write it exactly as it stands in the text.',
        { word },
        { segment: 0 },
      )
    else if (/[^\u0020-\u007e\n]/.test(source.slice(0, at + word.length)))
      add(
        'spoilers.place',
        'warning',
        'There are accents or emoji before the end of the hidden words, and Threads does not say how it counts them.',
        'Look at the post afterwards, or hide words near the start.',
        { word },
        { segment: 0 },
      )
  }
  if (s.spoilers.every((w) => source.includes(w)) && spoilerRanges(source, s.spoilers).length < s.spoilers.length)
    add(
      'spoilers.overlap',
      'error',
      'Hidden words overlap or are named twice.',
      'Join them into one.',
      {},
      { segment: 0 },
    )
}

const check = (draft: Draft): Finding[] => {
  const { out, add } = findingList(spec.id)
  words(add, draft)
  const parsed = settings.safeParse(draft.settings ?? {})
  const s = parsed.success ? parsed.data : null
  for (const [segment, { text: source }] of draft.segments.entries())
    tooManyLinks(add, segment === 0 ? linkCount(source, s?.link, s?.longTextLink) : linkCount(source), segment)
  if ((draft.segments.length > 1 || draft.firstComment?.trim()) && draft.channel.facts.mayReply === false)
    add(
      'reply.permission',
      'warning',
      'Clarion was not given the permission to manage replies, and Threads may refuse its own replies without it.',
      'Connect the account again with every permission ticked.',
    )
  if (!s) return out
  attachments(add, draft, s)
  if (s.ghost) ghost(add, draft, s)
  spoilers(add, draft, s)
  return out
}

export const pure = { spec, text, check } satisfies PlatformPure
