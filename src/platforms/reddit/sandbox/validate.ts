/** What stands against a post: form, account, community (fact sheet reddit.md §4, §6, §7), in the order Reddit looks. */
import { type Caller, errorIn200, flat, refuseBare } from './answers.ts'
import type { Sub } from './communities.ts'
import { gallery, littleKarma, text as n, poll } from './numbers.ts'
import type { Kind, RedditWorld } from './state.ts'
import { isUp, mayPost, subOf } from './view.ts'

export type Proposal = {
  sr: string
  kind: Kind
  title: string
  text: string
  url: string | null
  items: { assetId: string; caption: string; outbound: string }[]
  options: string[]
  days: number
  flairId: string | null
  flairText: string | null
  resubmit: boolean
  validate: boolean
}

const length = (text: string) => [...text].length
const tooLong = (c: Caller, max: number, field: string) =>
  errorIn200(c, 'TOO_LONG', `this is too long (max: ${max})`, field)

/** Title, body, gallery and poll by themselves. */
const checkForm = (c: Caller, p: Proposal): void => {
  if (!p.title.trim()) errorIn200(c, 'NO_TEXT', 'we need something here', 'title')
  if (length(p.title) > n.title) tooLong(c, n.title, 'title')
  if (length(p.text) > n.body) tooLong(c, n.body, 'text')
  if (p.flairId && p.flairId.length > n.flairId) tooLong(c, n.flairId, 'flair_id')
  if (length(p.flairText ?? '') > n.flair) tooLong(c, n.flair, 'flair_text')
  if (p.kind === 'gallery') {
    if (p.items.length < gallery.min) errorIn200(c, 'placeholder', 'List is too short.', 'items')
    if (p.items.length > gallery.max) errorIn200(c, 'placeholder', 'List is too long.', 'items')
    if (p.items.some((i) => length(i.caption) > n.caption)) tooLong(c, n.caption, 'caption')
    const bad = p.items.find(
      (i) => i.outbound !== '' && !(/^https?:\/\//i.test(i.outbound) && URL.canParse(i.outbound)),
    )
    if (bad) errorIn200(c, 'BAD_URL', 'you should check that url', 'outbound_url')
  }
  if (p.kind === 'poll') {
    if (p.options.length < poll.min)
      errorIn200(c, 'TOO_FEW_OPTIONS', `you need at least ${poll.min} poll options`, 'options')
    if (p.options.length > poll.max) errorIn200(c, 'placeholder', 'List is too long.', 'options')
    if (p.options.some((o) => !o.trim())) errorIn200(c, 'NO_TEXT', 'we need something here', 'options')
    if (p.options.some((o) => length(o) > n.option)) tooLong(c, n.option, 'options')
    if (!(p.days >= poll.daysMin && p.days <= poll.daysMax))
      errorIn200(c, 'placeholder', 'Value is out of range.', 'duration')
  }
  if (p.kind === 'link') {
    if (!p.url) errorIn200(c, 'NO_URL', 'a url is required', 'url')
    if (!URL.canParse(p.url!) || !/^https?:$/.test(new URL(p.url!).protocol) || p.url!.length > 2048)
      errorIn200(c, 'BAD_URL', 'you should check that url', 'url')
    if (/(^|\.)spam\.example$/.test(new URL(p.url!).hostname))
      errorIn200(c, 'DOMAIN_BANNED', 'spam.example is not allowed on reddit: spam', 'url')
  }
}

const placeOf = (c: Caller, world: RedditWorld, name: string): Sub => {
  if (!name) errorIn200(c, 'SUBREDDIT_REQUIRED', 'you must specify a subreddit', 'sr')
  if (!/^[\w-]{2,24}$/.test(name)) errorIn200(c, 'BAD_SR_NAME', 'that name isn’t going to work', 'sr')
  const sub = subOf(world, name)
  if (!sub)
    return errorIn200(c, 'SUBREDDIT_NOEXIST', 'Hmm, that community doesn’t exist. Try checking the spelling.', 'sr')
  if (sub.type === 'private' && !sub.moderators.includes(c.user.id)) refuseBare(c, 404)
  if (sub.banned.includes(c.user.id))
    errorIn200(c, 'SUBREDDIT_NOTALLOWED_BANNED', 'You’ve been banned from contributing to this community', 'sr')
  if (!mayPost(sub, c.user)) errorIn200(c, 'SUBREDDIT_NOTALLOWED', 'you aren’t allowed to post there.', 'sr')
  return sub
}

const checkKind = (c: Caller, sub: Sub, kind: Kind): void => {
  const refused = 'This community doesn’t allow'
  if (kind === 'self' && sub.takes === 'link') errorIn200(c, 'NO_SELFS', `${refused} text posts`, 'sr')
  if (kind === 'poll' && (!sub.polls || sub.takes === 'link')) errorIn200(c, 'POLLS_DISABLED', `${refused} polls`, 'sr')
  if (kind === 'self' || kind === 'poll') return
  if (sub.takes === 'self') errorIn200(c, 'NO_LINKS', `${refused} links`, 'sr')
  if (kind === 'image' && !sub.images) errorIn200(c, 'NO_IMAGES', `${refused} images`, 'sr')
  if (kind === 'gallery' && (!sub.galleries || !sub.images))
    errorIn200(c, 'GALLERIES_DISABLED', 'Gallery posts aren’t allowed in this subreddit', 'sr')
  if (kind.startsWith('video') && !sub.videos) errorIn200(c, 'NO_VIDEOS', `${refused} videos`, 'sr')
}

const under = (host: string, domain: string) => host === domain || host.endsWith(`.${domain}`)

/** Only with `validate_on_submit`. Flair comes in shape 1, words of the title in shape 2: both are real (§7). */
const checkAsks = (c: Caller, sub: Sub, p: Proposal): void => {
  const { asks } = sub
  const code = (name: string) => `SUBMIT_VALIDATION_${name}`
  if (asks.flair && !p.flairId) errorIn200(c, code('FLAIR_REQUIRED'), 'Your post must contain post flair.', 'flair')
  const banned = asks.titleBans?.find((w) => p.title.toLowerCase().includes(w))
  if (banned !== undefined)
    flat(c, 400, code('TITLE_BLACKLISTED_STRING'), `You may not have "${banned}" in your title. `, ['title'])
  if (asks.titleNeeds && !asks.titleNeeds.some((w) => p.title.toLowerCase().includes(w)))
    errorIn200(c, code('TITLE_REQUIREMENT'), `Your title must contain one of: ${asks.titleNeeds.join(', ')}`, 'title')
  const sized = (text: string, min: number | undefined, max: number | undefined, field: string) => {
    if (min && length(text) < min)
      errorIn200(c, code('MIN_LENGTH'), `Your ${field} must be at least ${min} characters.`, field)
    if (max && length(text) > max)
      errorIn200(c, code('MAX_LENGTH'), `Your ${field} must be at most ${max} characters.`, field)
  }
  sized(p.title, asks.titleMin, asks.titleMax, 'title')
  if (asks.bodyPolicy === 'required' && p.kind === 'self' && !p.text)
    errorIn200(c, code('BODY_REQUIRED'), 'Your post must have body text.', 'body')
  if (asks.bodyPolicy === 'notAllowed' && p.text)
    errorIn200(c, code('BODY_NOT_ALLOWED'), 'Body text isn’t allowed.', 'body')
  if (p.text) sized(p.text, asks.bodyMin, asks.bodyMax, 'body')
  const bad = asks.bodyBans?.find((w) => p.text.toLowerCase().includes(w))
  if (bad !== undefined)
    errorIn200(c, code('BODY_BLACKLISTED_STRING'), `You may not have "${bad}" in your post.`, 'body')
  if (p.kind === 'link' && asks.domains) {
    const host = new URL(p.url!).hostname.replace(/^www\./, '')
    const named = asks.domains.some((d) => under(host, d))
    if (asks.links === 'whitelist' && !named)
      errorIn200(
        c,
        code('LINK_WHITELIST'),
        `The link must be from one of the approved domains: ${asks.domains.join(', ')}.`,
        'link',
      )
    if (asks.links === 'blacklist' && named)
      errorIn200(c, code('LINK_BLACKLIST'), `Links from ${host} are not allowed.`, 'link')
  }
  if (p.kind === 'gallery') {
    if (p.items.length < (asks.galleryMin ?? 0))
      errorIn200(c, code('GALLERY_MIN_ITEMS'), `Add at least ${asks.galleryMin} images.`, 'items')
    if (p.items.length > (asks.galleryMax ?? 99))
      errorIn200(c, code('GALLERY_MAX_ITEMS'), `Add at most ${asks.galleryMax} images.`, 'items')
    if (asks.captions && p.items.some((i) => !i.caption))
      errorIn200(c, code('GALLERY_CAPTIONS'), 'Every image needs a caption.', 'items')
  }
}

const checkFlair = (c: Caller, sub: Sub, p: Proposal): string | null => {
  if (!p.flairId) return null
  const flair = sub.flairs.find((f) => f.id === p.flairId && (!f.modOnly || sub.moderators.includes(c.user.id)))
  if (!flair) return errorIn200(c, 'BAD_FLAIR_TARGET', 'not a valid flair target', 'flair_id')
  return flair.editable && p.flairText ? p.flairText : flair.text
}

/** Accounts with little karma are told to take a break, inside a 200 (§6). */
const checkPace = (world: RedditWorld, c: Caller): void => {
  const gap = world.knob('contentLimitMs')
  if (c.user.karma >= littleKarma || gap === 0) return
  const left = (world.state.lastPost[c.user.id] ?? Number.NEGATIVE_INFINITY) + gap - world.now()
  if (left > 0) {
    const minutes = Math.ceil(left / 60_000)
    errorIn200(
      c,
      'RATELIMIT',
      `Looks like you've been doing that a lot. Take a break for ${minutes} minutes before trying again.`,
      'ratelimit',
      { ratelimit: left / 1000 },
    )
  }
}

/** The community and the flair's words, when nothing stands against it. */
export const judge = (world: RedditWorld, c: Caller, p: Proposal): { sub: Sub; flairText: string | null } => {
  checkForm(c, p)
  const sub = placeOf(c, world, p.sr)
  checkKind(c, sub, p.kind)
  const flairText = checkFlair(c, sub, p)
  if (p.validate) checkAsks(c, sub, p)
  const twin = world.state.posts.some((x) => x.sub === sub.name && x.url === p.url && !x.deleted && isUp(world, x))
  if (p.kind === 'link' && sub.noRepeats && !p.resubmit && world.knob('duplicateGuard') !== 0 && twin)
    errorIn200(
      c,
      'ALREADY_SUB',
      'This community doesn’t allow links to be posted more than once, and this link has already been shared',
      'url',
    )
  checkPace(world, c)
  return { sub, flairText }
}
