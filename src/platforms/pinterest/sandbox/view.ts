/** Pins, boards and accounts as the API shows them, and how their numbers grow. */
import { avatar } from '#kit/sandbox/avatar.ts'
import type { Board, Pin, PinterestWorld, User } from './state.ts'

/** Whole seconds, UTC, without a zone: as Pinterest writes instants. */
const instant = (at: number) => new Date(at).toISOString().slice(0, 19)

const address = (world: PinterestWorld, blob: string) => `${new URL(world.url).origin}${world.blobs.url(blob)}`

const sizes = (world: PinterestWorld, p: { blob: string; width: number; height: number }) => {
  const at = (width: number) => ({
    width,
    height: Math.max(1, Math.round((width * p.height) / p.width)),
    url: address(world, p.blob),
  })
  return {
    '150x150': { ...at(150), height: 150 },
    '400x300': { ...at(400), height: 300 },
    '600x': at(600),
    '1200x': at(1200),
  }
}

const mediaView = (world: PinterestWorld, pin: Pin) => {
  const [first] = pin.items
  if (pin.kind === 'video') {
    const m = pin.mediaId === null ? undefined : world.state.media[pin.mediaId]
    return {
      media_type: 'video',
      cover_image_url: first ? address(world, first.blob) : null,
      duration: m?.durationMs ?? null,
      width: m?.width ?? null,
      height: m?.height ?? null,
      video_url: null,
      ...(first ? { images: sizes(world, first) } : {}),
    }
  }
  if (pin.kind === 'multiple_images')
    return {
      media_type: 'multiple_images',
      items: pin.items.map((i) => ({
        item_type: 'image',
        title: i.title,
        description: i.description,
        link: i.link,
        images: sizes(world, i),
      })),
    }
  return { media_type: 'image', images: first ? sizes(world, first) : {} }
}

export const pinView = (world: PinterestWorld, pin: Pin, o: { metrics?: boolean } = {}): Record<string, unknown> => {
  const owner = world.state.users.find((u) => u.id === pin.owner)
  const life = countsAt(pin, world.now())
  const short = {
    pin_click: life.PIN_CLICK,
    impression: life.IMPRESSION,
    clickthrough: life.OUTBOUND_CLICK,
    save: life.SAVE,
  }
  return {
    id: pin.id,
    created_at: instant(pin.at),
    board_id: pin.boardId,
    board_section_id: pin.sectionId,
    title: pin.title,
    description: pin.description,
    link: pin.link,
    alt_text: pin.alt,
    dominant_color: pin.dominantColor ?? '#6E7874',
    creative_type: pin.kind === 'video' ? 'VIDEO' : pin.kind === 'multiple_images' ? 'CAROUSEL' : 'REGULAR',
    media: mediaView(world, pin),
    is_owner: true,
    is_standard: true,
    has_been_promoted: false,
    parent_pin_id: null,
    product_tags: [],
    board_owner: { username: owner?.username },
    pin_metrics:
      o.metrics && pin.environment === 'production'
        ? { '90d': short, lifetime_metrics: { ...short, reaction: life.TOTAL_REACTIONS, comment: life.TOTAL_COMMENTS } }
        : null,
  }
}

export const boardView = (world: PinterestWorld, board: Board): Record<string, unknown> => {
  const pins = world.state.pins.filter((p) => p.boardId === board.id && !p.deleted)
  const cover = pins.at(-1)?.items[0]
  const owner = world.state.users.find((u) => u.id === board.owner)
  return {
    id: board.id,
    name: board.name,
    description: '',
    privacy: board.privacy,
    is_ads_only: board.adsOnly,
    pin_count: pins.length,
    follower_count: 0,
    collaborator_count: 0,
    created_at: '2024-03-01T09:00:00',
    board_pins_modified_at: instant(pins.at(-1)?.at ?? Date.UTC(2024, 2, 1)),
    media: { image_cover_url: cover ? address(world, cover.blob) : null, pin_thumbnail_urls: [] },
    owner: { username: owner?.username },
  }
}

export const userView = (world: PinterestWorld, user: User): Record<string, unknown> => {
  const pins = world.state.pins.filter((p) => p.owner === user.id && !p.deleted)
  return {
    account_type: user.business === null ? 'PINNER' : 'BUSINESS',
    id: user.id,
    username: user.username,
    business_name: user.business,
    about: '',
    profile_image: avatar(user.username, user.hue),
    website_url: '',
    board_count: world.state.boards.filter((b) => b.owner === user.id).length,
    pin_count: pins.length,
    follower_count: user.followers,
    following_count: 12,
    monthly_views: pins.reduce((sum, p) => sum + countsAt(p, world.now()).IMPRESSION, 0),
  }
}

/** Counts since the pin was made: different for every pin, the same for the same moment, and growing. */
export const countsAt = (pin: Pin, now: number) => {
  const seed = Number(BigInt(pin.id) % 997n)
  const hours = Math.max(0, (now - pin.at) / 3_600_000)
  const IMPRESSION = Math.floor((60 + seed) * Math.log1p(hours))
  const per = (n: number) => Math.floor(IMPRESSION / n)
  const starts = per(3)
  return {
    IMPRESSION,
    PIN_CLICK: per(12),
    OUTBOUND_CLICK: per(30),
    SAVE: per(18),
    USER_FOLLOW: per(400),
    PROFILE_VISIT: per(90),
    TOTAL_COMMENTS: per(150),
    TOTAL_REACTIONS: per(40),
    VIDEO_START: starts,
    VIDEO_MRC_VIEW: per(4),
    VIDEO_10S_VIEW: per(9),
    QUARTILE_95_PERCENT_VIEW: per(20),
    /** Milliseconds. */
    VIDEO_V50_WATCH_TIME: starts * 2500,
  }
}
export type CountName = keyof ReturnType<typeof countsAt>
