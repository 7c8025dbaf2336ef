/** A draft against the rules of its community. Pure; `check` says each finding in the words of preflight. */
import { hostOf } from '#kit/facts/links.ts'
import type { Community } from './community.ts'
import type { PostKind } from './kind.ts'
import { shownName, underDomain } from './text.ts'

export type Said = {
  kind: string
  level: 'error' | 'warning'
  message: string
  remedy: string
  params: Record<string, string | number>
}
type Post = {
  kind: PostKind
  title: string
  body: string
  link: string | undefined
  flairId: string | undefined
  spoiler: boolean
  pictures: number
  captions: number
}

const length = (text: string) => [...text].length
const holds = (text: string, words: string) => text.toLowerCase().includes(words.toLowerCase())

const takesKind = (c: Community, kind: PostKind): boolean => {
  if (kind === 'self') return c.takes !== 'link'
  if (kind === 'poll') return c.polls && c.takes !== 'link'
  if (c.takes === 'self') return false
  if (kind === 'image') return c.images
  if (kind === 'gallery') return c.images && c.galleries
  return kind === 'link' || c.videos
}

/** Everything the community's rules say against the post. Patterns are left to Reddit: they are strangers' programs. */
export const againstRules = (c: Community, post: Post): Said[] => {
  const out: Said[] = []
  const place = shownName(c.name)
  const add = (
    kind: string,
    message: string,
    remedy: string,
    params: Said['params'] = {},
    level: Said['level'] = 'error',
  ) => out.push({ kind: `community.${kind}`, level, message, remedy, params: { place, ...params } })

  if (c.banned) add('banned', `This account is banned in ${place}.`, 'Choose another community.')
  else if (c.closed)
    add(
      'closed',
      `Only chosen people may post in ${place}.`,
      'Ask its moderators, or choose another community.',
      {},
      'warning',
    )
  if (!takesKind(c, post.kind))
    add(
      'kind',
      `${place} does not take posts of this kind (${post.kind}).`,
      'Change the kind of post or the community.',
      { kind: post.kind },
    )
  if (c.flairRequired && !post.flairId) add('flair', `${place} wants a flair on every post.`, 'Choose a flair.')
  if (post.spoiler && !c.spoilers)
    add('spoiler', `${place} has no spoiler mark.`, 'The mark is left out there.', {}, 'warning')

  const measure = (what: 'title' | 'body', text: string, min?: number | null, max?: number | null) => {
    const actual = length(text)
    if (min && actual < min)
      add(
        `${what}-short`,
        `The ${what} is ${actual} long; ${place} wants at least ${min}.`,
        `Add ${min - actual} characters.`,
        { limit: min, actual },
      )
    if (max && actual > max)
      add(`${what}-long`, `The ${what} is ${actual} long; ${place} takes ${max}.`, `Shorten it by ${actual - max}.`, {
        limit: max,
        actual,
      })
  }
  const search = (what: 'title' | 'body', text: string, needs: readonly string[], bans: readonly string[]) => {
    if (needs.length > 0 && !needs.some((w) => holds(text, w)))
      add(`${what}-needs`, `In ${place} the ${what} must contain one of: ${needs.join(', ')}.`, 'Add it.', {
        words: needs.join(', '),
      })
    const banned = bans.find((w) => holds(text, w))
    if (banned !== undefined)
      add(`${what}-bans`, `In ${place} the ${what} must not contain "${banned}".`, 'Say it differently.', {
        words: banned,
      })
  }
  measure('title', post.title, c.titleMin, c.titleMax)
  search('title', post.title, c.titleNeeds, c.titleBans)
  if (post.kind === 'self' && c.bodyPolicy === 'required' && !post.body)
    add('body-required', `${place} wants text below the title.`, 'Write some text.')
  if (c.bodyPolicy === 'notAllowed' && post.body)
    add('body-not-allowed', `${place} takes no text below the title.`, 'Remove the text for this channel.')
  if (post.body) {
    measure('body', post.body, c.bodyMin, c.bodyMax)
    search('body', post.body, c.bodyNeeds, c.bodyBans)
  }
  if (post.kind === 'link' && post.link && c.links !== 'none') {
    const host = hostOf(post.link)
    const named = c.domains.some((d) => underDomain(host, d))
    if (named === (c.links === 'blacklist'))
      add('domain', `${place} does not take links to ${host}.`, 'Use another link, or another community.', { host })
  }
  if (post.kind === 'gallery') {
    const { galleryMin: min, galleryMax: max } = c
    if ((min && post.pictures < min) || (max && post.pictures > max))
      add('gallery', `A gallery in ${place} has ${min ?? 2} to ${max ?? 20} pictures.`, 'Add or remove pictures.', {
        min: min ?? 2,
        max: max ?? 20,
        actual: post.pictures,
      })
    if (c.captionsRequired && post.captions < post.pictures)
      add('captions', `${place} wants a caption below every picture.`, 'Write the captions.')
  }
  if (c.patterns)
    add(
      'patterns',
      `${place} holds titles or texts against patterns that only Reddit can check.`,
      'Read the rules of the community.',
      {},
      'warning',
    )
  return out
}
