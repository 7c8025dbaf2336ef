/** Things as Graph shows them. Members that are undefined are not there; every field a client may ask for is named. */
import { pageById } from '../../families/meta/sandbox/state.ts'
import { numbersOf } from './metrics.ts'
import { type Comment, type FbWorld, graphTime, type Photo, type Post, type Video } from './state.ts'

type View = Record<string, unknown>

export const permalink = (world: FbWorld, p: Post): string => {
  const name = pageById(world, p.page)?.username ?? p.page
  if (p.kind === 'story') return `https://www.facebook.com/stories/${p.page}/${p.id}`
  // Graph gives this one without its host.
  if (p.kind === 'reel') return `/reel/${p.video}/`
  if (p.kind === 'video') return `https://www.facebook.com/${name}/videos/${p.video}/`
  return `https://www.facebook.com/${name}/posts/${p.id.split('_')[1]}`
}

const attachments = (world: FbWorld, p: Post): unknown => {
  const url = permalink(world, p)
  if (p.video) return { data: [{ media_type: 'video', type: 'video_inline', target: { id: p.video, url }, url }] }
  if (p.photos.length === 1)
    return { data: [{ media_type: 'photo', type: 'photo', target: { id: p.photos[0], url }, url }] }
  if (p.photos.length > 1)
    return {
      data: [
        {
          media_type: 'album',
          type: 'album',
          target: { id: p.id.split('_')[1], url },
          subattachments: {
            data: p.photos.map((id) => ({ media_type: 'photo', type: 'photo', target: { id, url }, url })),
          },
          url,
        },
      ],
    }
  return p.link ? { data: [{ media_type: 'link', type: 'share', target: { url: p.link }, url: p.link }] } : undefined
}

/** Of the first photo, as an address a browser can open. */
const picture = (world: FbWorld, p: Post): string | undefined => {
  const photo = p.photos[0] === undefined ? undefined : world.state.photos[p.photos[0]]
  return photo && `${new URL(world.url).origin}${world.blobs.url(photo.key)}`
}

export const postView = (world: FbWorld, p: Post, scopes: readonly string[]): View => {
  const page = pageById(world, p.page)
  const n = numbersOf(world, p)
  const people = scopes.includes('pages_read_user_content')
  const own = world.state.comments.filter((c) => c.post === p.id && !c.deleted).length
  return {
    id: p.id,
    message: p.message || undefined,
    created_time: graphTime(p.at),
    updated_time: graphTime(p.at),
    permalink_url: permalink(world, p),
    is_published: p.state === 'published',
    scheduled_publish_time: p.due === null ? undefined : Math.floor(p.due / 1000),
    from: page ? { id: page.id, name: page.name } : undefined,
    application: { id: p.app, name: world.state.meta.app.name },
    attachments: attachments(world, p),
    full_picture: picture(world, p),
    picture: picture(world, p),
    status_type: p.video ? 'added_video' : p.photos.length ? 'added_photos' : 'mobile_status_update',
    shares: n.shares > 0 ? { count: n.shares } : undefined,
    comments: people
      ? { data: [], summary: { order: 'ranked', total_count: own + n.comments, can_comment: true } }
      : undefined,
    likes: people ? { data: [], summary: { total_count: n.reactions, can_like: true, has_liked: false } } : undefined,
    reactions: people ? { data: [], summary: { total_count: n.reactions, viewer_reaction: 'NONE' } } : undefined,
  }
}

export const commentView = (c: Comment): View => ({
  id: c.id,
  message: c.message,
  from: c.from,
  created_time: graphTime(c.at),
  permalink_url: `https://www.facebook.com/${c.post}?comment_id=${c.id.split('_')[1]}`,
  is_hidden: false,
})

export const photoView = (p: Photo): View => ({
  id: p.id,
  name: undefined,
  alt_text_custom: p.alt || undefined,
  created_time: graphTime(p.at),
  link: `https://www.facebook.com/photo/?fbid=${p.id}`,
  page_story_id: p.post ?? undefined,
})

const phases = (world: FbWorld, v: Video): View => {
  const uploaded = v.file !== null
  const finished = v.finishedAt !== null
  const processed = v.readyAt !== null && v.readyAt <= world.now()
  const failed = v.error ? { errors: [{ code: v.error.code, message: v.error.message }] } : {}
  const wanted = v.want?.state ?? null
  return {
    video_status: v.error
      ? 'error'
      : !uploaded
        ? 'uploading'
        : !finished
          ? 'upload_complete'
          : processed
            ? 'ready'
            : 'processing',
    // The guide's spelling.
    uploading_phase: { status: uploaded ? 'complete' : 'in_progress', bytes_transfered: v.upload.received },
    processing_phase: {
      status: v.error ? 'error' : !finished ? 'not_started' : processed ? 'complete' : 'in_progress',
      ...failed,
    },
    publishing_phase: {
      status: processed && !v.error ? 'complete' : 'not_started',
      // Before the last phase it says what is not true yet.
      publish_status: finished ? wanted : v.edge === 'video_reels' ? 'draft' : 'published',
      ...(processed && v.want?.due ? { publish_time: graphTime(v.want.due) } : {}),
    },
    copyright_check_status: { status: processed ? 'complete' : 'in_progress', matches_found: false },
  }
}

export const videoView = (world: FbWorld, v: Video): View => {
  const post = world.state.posts.find((p) => p.id === v.post)
  return {
    id: v.id,
    title: v.want?.title || undefined,
    description: v.want?.description || undefined,
    status: phases(world, v),
    post_id: v.post ? v.post.split('_').at(-1) : undefined,
    permalink_url: post ? permalink(world, post) : undefined,
    published: v.want?.state === 'published' && v.post !== null,
    created_time: graphTime(v.at),
    views: post ? numbersOf(world, post).views : 0,
    length: v.file?.ms === undefined ? undefined : v.file.ms / 1000,
  }
}
