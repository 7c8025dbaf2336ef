/** A local post as Search and Maps show it, and the feed's colours. */
import { esc, link, timeTag } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import { type GbpWorld, nameOf, pictureOf, stateOf } from './state.ts'

const buttons: Record<string, string> = {
  BOOK: 'Book',
  ORDER: 'Order online',
  SHOP: 'Buy',
  LEARN_MORE: 'Learn more',
  SIGN_UP: 'Sign up',
  CALL: 'Call now',
}
type Date3 = { year: number; month: number; day: number }
type Time2 = { hours?: number; minutes?: number }
const two = (n: number | undefined) => String(n ?? 0).padStart(2, '0')
const when = (d: Date3, t: Time2) => `${two(d.day)}.${two(d.month)}.${d.year}, ${two(t.hours)}:${two(t.minutes)}`

/** Inner HTML of one entry. */
export const render = (entry: LedgerPost, world: GbpWorld): string => {
  const post = world.state.posts.find((p) => nameOf(p) === entry.id)
  const place = world.state.places.find((p) => p.id === entry.account)
  if (!post || !place) return ''
  const [photo] = post.photos
  const s = post.event?.schedule as { startDate: Date3; startTime: Time2; endDate: Date3; endTime: Time2 } | undefined
  const state = stateOf(world, post)
  const action = post.callToAction
  const button = action
    ? `<p class="action">${link(action.url ?? '', esc(buttons[action.actionType] ?? action.actionType))}</p>`
    : ''
  const offer = post.offer
    ? `<p class="coupon">${post.offer.couponCode ? `<b>${esc(post.offer.couponCode)}</b>` : ''}${post.offer.redeemOnlineUrl ? ` ${link(post.offer.redeemOnlineUrl, 'Redeem online')}` : ''}</p>${post.offer.termsConditions ? `<p class="soft">${esc(post.offer.termsConditions)}</p>` : ''}`
    : ''
  return `<header><img class="face" src="${esc(pictureOf(place))}" alt=""><div><b>${esc(place.title)}</b><br><span class="soft">${timeTag(entry.at)}</span></div></header>
${photo ? `<img class="photo" src="${esc(world.blobs.url(photo.blob))}" alt="">` : ''}
<div class="words">${state === 'LIVE' || state === 'RECURRING' ? '' : `<span class="badge">${esc(state.toLowerCase())}</span>`}
${post.event ? `<h2>${post.topicType === 'OFFER' ? '<span class="tag">Offer</span> ' : ''}${esc(post.event.title)}</h2>` : ''}${s ? `<p class="soft">${esc(when(s.startDate, s.startTime))} – ${esc(when(s.endDate, s.endTime))}${post.event?.recurrenceInfo ? ' · repeats' : ''}</p>` : ''}
<p class="text">${esc(post.summary)}</p>${offer}${button}</div>`
}

export const css = `
.feed{--line:#dadce0;--card:#fff;--soft:#5f6368;--accent:#1558d6;background:#f1f3f4;min-height:100vh;color:#202124;font-size:15px}
@media(prefers-color-scheme:dark){.feed{--line:#3c4043;--card:#202124;--soft:#bdc1c6;--accent:#8ab4f8;background:#171717;color:#e8eaed}}
.feed .thread{background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden;margin:1rem auto;max-width:26rem}
.feed header{display:flex;gap:.75rem;align-items:center;padding:.75rem 1rem}
.feed .face{width:36px;height:36px;border-radius:50%}
.feed .photo{display:block;width:100%;aspect-ratio:4/3;object-fit:cover}
.feed .words{padding:.75rem 1rem 1rem}.feed .words p{margin:.35rem 0}
.feed h2{font-size:1.05rem;line-height:1.3;margin:.2rem 0}
.feed .soft{color:var(--soft);font-size:.85rem}.feed .text{white-space:pre-wrap;overflow-wrap:anywhere}
.feed .action,.feed .action a,.feed .coupon a{color:var(--accent);font-weight:600;text-decoration:none}
.feed .coupon b{border:1px dashed var(--soft);border-radius:6px;padding:.1rem .5rem;letter-spacing:.05em}
.feed .tag,.feed .badge{border:1px solid var(--line);border-radius:4px;padding:0 .4rem;font-size:.75rem;color:var(--soft);font-weight:500}
`
