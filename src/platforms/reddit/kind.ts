/** Which of Reddit's post types a draft is: its media, poll or link decide. Pure. */

export const kinds = ['self', 'link', 'image', 'gallery', 'video', 'videogif', 'poll'] as const
export type PostKind = (typeof kinds)[number]

type Given = {
  media: readonly { kind: string }[]
  settings: { link?: string; poll?: unknown; silent?: boolean }
}

export const kindOf = ({ media, settings }: Given): PostKind => {
  if (media.some((m) => m.kind === 'video')) return settings.silent ? 'videogif' : 'video'
  if (media.length > 1) return 'gallery'
  if (media.length === 1) return 'image'
  if (settings.poll) return 'poll'
  return settings.link ? 'link' : 'self'
}
