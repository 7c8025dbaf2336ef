/** The communities of the imitation: one that takes everything, and one for every way of being particular. */

export type Flair = { id: string; text: string; editable: boolean; modOnly: boolean }

export type Sub = {
  /** With `t5_`. */
  fullname: string
  name: string
  title: string
  hue: number
  members: number
  type: 'public' | 'restricted' | 'private' | 'user'
  takes: 'any' | 'link' | 'self'
  images: boolean
  videos: boolean
  galleries: boolean
  polls: boolean
  spoilers: boolean
  over18: boolean
  flairs: Flair[]
  moderators: string[]
  banned: string[]
  rules: { name: string; description: string }[]
  /** A link may be posted there once. */
  noRepeats: boolean
  /** As `post_requirements` tells them; only what is set. */
  asks: {
    flair?: boolean
    titleMin?: number
    titleMax?: number
    titleNeeds?: string[]
    titleBans?: string[]
    bodyPolicy?: 'none' | 'required' | 'notAllowed'
    bodyMin?: number
    bodyMax?: number
    bodyBans?: string[]
    links?: 'none' | 'blacklist' | 'whitelist'
    domains?: string[]
    galleryMin?: number
    galleryMax?: number
    captions?: boolean
    guidelines?: string
  }
}

const open = (n: number, name: string, title: string, change: Partial<Sub> = {}): Sub => ({
  fullname: `t5_2sbx${n}`,
  name,
  title,
  hue: (n * 67) % 360,
  members: 1200 * (n + 1),
  type: 'public',
  takes: 'any',
  images: true,
  videos: true,
  galleries: true,
  polls: true,
  spoilers: true,
  over18: false,
  flairs: [],
  moderators: [],
  banned: [],
  rules: [],
  noRepeats: false,
  asks: {},
  ...change,
})

const flair = (n: number, text: string, editable = false, modOnly = false): Flair => ({
  id: `0f1a1r00-c1b0-11e7-b30b-0eb8423d5e0${n}`.replace(/r/g, 'e'),
  text,
  editable,
  modOnly,
})

export const subs = (): Sub[] => [
  open(0, 'AllAboutBread', 'All about bread', {
    moderators: ['1a2b3c'],
    flairs: [flair(1, 'Recipe'), flair(2, 'My bake', true), flair(3, 'Announcement', false, true)],
    rules: [
      { name: 'Be kind', description: 'We were all beginners.' },
      { name: 'Bread only', description: 'Cakes go elsewhere.' },
    ],
    asks: { guidelines: 'Show the crumb.' },
  }),
  open(1, 'askbakers', 'Questions about baking', {
    takes: 'self',
    polls: false,
    flairs: [flair(4, 'Sourdough'), flair(5, 'Yeast')],
    rules: [{ name: 'Ask a question', description: 'The title is the question.' }],
    asks: {
      flair: true,
      titleMin: 15,
      titleMax: 120,
      titleNeeds: ['?'],
      titleBans: ['urgent'],
      bodyPolicy: 'required',
      bodyMin: 20,
      bodyMax: 500,
      bodyBans: ['buy now'],
    },
  }),
  open(2, 'breadlinks', 'Links about bread', {
    takes: 'link',
    images: false,
    videos: false,
    noRepeats: true,
    asks: { links: 'whitelist', domains: ['example.com', 'bread.example'], bodyPolicy: 'notAllowed' },
  }),
  open(3, 'crumbshots', 'Pictures of crumb', {
    videos: false,
    polls: false,
    asks: { galleryMin: 3, galleryMax: 5, captions: true, links: 'blacklist', domains: ['shop.example'] },
  }),
  open(4, 'justpictures', 'One picture at a time', { galleries: false, videos: false, polls: false, spoilers: false }),
  open(5, 'nightbakers', 'Baking after dark', { over18: true }),
  open(6, 'ovenguild', 'Members only', { type: 'restricted', moderators: ['9z8y7x'] }),
  open(7, 'secretoven', 'Private', { type: 'private' }),
  open(8, 'strictbakers', 'Where the bakery is banned', { banned: ['1a2b3c'] }),
]

/** A profile is a community of its own. */
export const profileSub = (user: { id: string; name: string; hue: number; followers: number }): Sub => ({
  ...open(9, `u_${user.name}`, user.name, {
    type: 'user',
    moderators: [user.id],
    hue: user.hue,
    members: user.followers,
  }),
  fullname: `t5_${user.id}`,
})
