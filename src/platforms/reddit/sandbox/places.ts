/** The account and the communities (fact sheet reddit.md §2, §3). */

import { avatar } from '#kit/sandbox/avatar.ts'
import { eitherForm } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { type Caller, caller, flat, refuseBare, reply } from './answers.ts'
import type { Sub } from './communities.ts'
import type { RedditWorld } from './state.ts'
import { listing, subOf, subView } from './view.ts'

type Handle = (world: RedditWorld) => (req: SandboxRequest) => SandboxResponse

const me: Handle = (world) => (req) => {
  const c = caller(world, req, 'identity')
  const u = c.user
  return reply(c, {
    id: u.id,
    name: u.name,
    icon_img: avatar(u.name, u.hue),
    snoovatar_img: '',
    total_karma: u.karma,
    link_karma: Math.floor(u.karma / 3),
    comment_karma: u.karma - Math.floor(u.karma / 3),
    created_utc: Math.floor(u.madeAt / 1000),
    has_verified_email: u.verified,
    is_suspended: false,
  })
}

const closedTo = (sub: Sub, c: Caller) => sub.type === 'private' && !sub.moderators.includes(c.user.id)

/** Everybody has joined everything that can be seen. */
const subscriber: Handle = (world) => (req) => {
  const c = caller(world, req, 'mysubreddits')
  const limit = Math.min(100, Number(req.query.get('limit') ?? 25) || 25)
  const all = world.state.subs.filter((s) => !closedTo(s, c))
  const from = all.findIndex((s) => s.fullname === req.query.get('after')) + 1
  const shown = all.slice(from, from + limit)
  const after = from + limit < all.length ? shown.at(-1)!.fullname : null
  return reply(
    c,
    listing(
      't5',
      shown.map((s) => subView(s, c.user)),
      after,
    ),
  )
}

const search: Handle = (world) => (req) => {
  const c = caller(world, req, 'read')
  const q = (req.query.get('q') ?? '').trim().toLowerCase()
  const hits = world.state.subs.filter(
    (s) => !closedTo(s, c) && q !== '' && `${s.name} ${s.title}`.toLowerCase().includes(q),
  )
  return reply(
    c,
    listing(
      't5',
      hits.slice(0, Number(req.query.get('limit') ?? 10)).map((s) => subView(s, c.user)),
    ),
  )
}

/** An unknown name gets an empty listing with 200, not a 404. */
const about: Handle = (world) => (req) => {
  const c = caller(world, req, 'read')
  const sub = subOf(world, req.params.sub!)
  if (!sub) return reply(c, listing('t5', []))
  if (closedTo(sub, c)) refuseBare(c, 403, { reason: 'private' })
  return reply(c, { kind: 't5', data: subView(sub, c.user) })
}

const seen = (world: RedditWorld, c: Caller, name: string): Sub => {
  const sub = subOf(world, name)
  if (!sub) return flat(c, 404, 'SUBREDDIT_NOEXIST', 'Hmm, that community doesn’t exist. Try checking the spelling.')
  if (closedTo(sub, c)) flat(c, 403, 'SUBREDDIT_NO_ACCESS', 'you aren’t allowed access to this subreddit')
  return sub
}

const requirements: Handle = (world) => (req) => {
  const c = caller(world, req, 'submit')
  const { asks, noRepeats } = seen(world, c, req.params.sub!)
  return reply(c, {
    title_text_min_length: asks.titleMin ?? null,
    title_text_max_length: asks.titleMax ?? null,
    title_required_strings: asks.titleNeeds ?? [],
    title_blacklisted_strings: asks.titleBans ?? [],
    title_regexes: [],
    body_text_min_length: asks.bodyMin ?? null,
    body_text_max_length: asks.bodyMax ?? null,
    body_restriction_policy: asks.bodyPolicy ?? 'none',
    body_required_strings: [],
    body_blacklisted_strings: asks.bodyBans ?? [],
    body_regexes: [],
    domain_blacklist: asks.links === 'blacklist' ? asks.domains : [],
    domain_whitelist: asks.links === 'whitelist' ? asks.domains : [],
    link_restriction_policy: asks.links ?? 'none',
    link_repost_age: noRepeats ? 365 : null,
    is_flair_required: asks.flair ?? false,
    guidelines_text: asks.guidelines ?? null,
    guidelines_display_policy: asks.guidelines ? 'all' : null,
    gallery_min_items: asks.galleryMin ?? null,
    gallery_max_items: asks.galleryMax ?? null,
    gallery_captions_requirement: asks.captions ? 'required' : 'none',
    gallery_urls_requirement: 'none',
  })
}

const rules: Handle = (world) => (req) => {
  const c = caller(world, req, 'read')
  const sub = seen(world, c, req.params.sub!)
  return reply(c, {
    rules: sub.rules.map((r, priority) => ({
      kind: 'all',
      short_name: r.name,
      description: r.description,
      violation_reason: r.name,
      priority,
    })),
    site_rules: ['Spam', 'Personal and confidential information'],
  })
}

const flairsAsked = (world: RedditWorld, c: Caller, name: string): Sub => {
  const sub = seen(world, c, name)
  if (sub.flairs.length === 0) refuseBare(c, 403)
  return sub
}

/** What this account may choose: those for moderators are shown to moderators only. */
const selector: Handle = (world) => (req) => {
  const c = caller(world, req, 'flair')
  const sub = flairsAsked(world, c, req.params.sub!)
  if (eitherForm(req)?.get('is_newlink')?.toLowerCase() !== 'true') refuseBare(c, 400)
  const mod = sub.moderators.includes(c.user.id)
  return reply(c, {
    current: { flair_css_class: '', flair_template_id: null, flair_text: null, flair_position: 'right' },
    choices: sub.flairs
      .filter((f) => mod || !f.modOnly)
      .map((f) => ({
        flair_css_class: '',
        flair_template_id: f.id,
        flair_text: f.text,
        flair_text_editable: f.editable,
        flair_position: 'right',
      })),
  })
}

const templates: Handle = (world) => (req) => {
  const c = caller(world, req, 'flair')
  return reply(
    c,
    flairsAsked(world, c, req.params.sub!).flairs.map((f) => ({
      id: f.id,
      text: f.text,
      type: 'text',
      richtext: [],
      text_editable: f.editable,
      mod_only: f.modOnly,
      max_emojis: 10,
      css_class: '',
      background_color: '#d93a00',
      text_color: 'light',
    })),
  )
}

const api = 'oauth.reddit.com'
export const placeRoutes = (world: RedditWorld): SandboxRoute[] => [
  route('identity', `GET ${api}/api/v1/me`, me(world)),
  route('subscriptions', `GET ${api}/subreddits/mine/subscriber`, subscriber(world)),
  route('search', `GET ${api}/subreddits/search`, search(world)),
  route('about', `GET ${api}/r/:sub/about`, about(world)),
  route('rules', `GET ${api}/r/:sub/about/rules`, rules(world)),
  route('requirements', `GET ${api}/api/v1/:sub/post_requirements`, requirements(world)),
  route('flairs', `POST ${api}/r/:sub/api/flairselector`, selector(world)),
  route('flair-templates', `GET ${api}/r/:sub/api/link_flair_v2`, templates(world)),
]
