/** Comments under a video (fact sheet §5): not on private or made-for-kids videos, and not before processing ends. */
import { json } from '#kit/sandbox/answer.ts'
import { isObject, jsonBody } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { enter, knownQuery, malformed, maxResults, onlyMembers, paged, partsOf, refuse } from './door.ts'
import * as n from './numbers.ts'
import { avatarOf, type Comment, liveVideo, type YouTubeWorld } from './state.ts'
import { etag, stamp } from './video.ts'

const thread = (world: YouTubeWorld, c: Comment) => {
  const author = world.state.channels.find((x) => x.id === c.channel)
  return {
    kind: 'youtube#commentThread',
    etag: etag(c),
    id: c.id,
    snippet: {
      channelId: liveVideo(world, c.video)?.channel ?? '',
      videoId: c.video,
      topLevelComment: {
        kind: 'youtube#comment',
        etag: etag([c.id]),
        id: c.id,
        snippet: {
          videoId: c.video,
          textDisplay: c.text,
          textOriginal: c.text,
          authorDisplayName: author?.handle ?? '',
          authorProfileImageUrl: author ? avatarOf(author) : '',
          authorChannelUrl: `http://www.youtube.com/channel/${c.channel}`,
          authorChannelId: { value: c.channel },
          canRate: true,
          viewerRating: 'none',
          likeCount: 0,
          publishedAt: stamp(c.at),
          updatedAt: stamp(c.at),
        },
      },
      canReply: true,
      totalReplyCount: 0,
      isPublic: true,
    },
  }
}

const ofComment = [
  ...['authorDisplayName', 'authorProfileImageUrl', 'authorChannelUrl', 'authorChannelId', 'channelId', 'videoId'],
  ...[
    'textDisplay',
    'parentId',
    'canRate',
    'viewerRating',
    'likeCount',
    'moderationStatus',
    'publishedAt',
    'updatedAt',
  ],
]

const insert =
  (world: YouTubeWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = enter(world, req, { door: 'comment', units: n.cost.write })
    knownQuery(req, 'part')
    partsOf(req, ['id', 'snippet', 'replies'])
    const body = jsonBody(req)
    const snippet = body && isObject(body.snippet) ? body.snippet : null
    const top = snippet && isObject(snippet.topLevelComment) ? snippet.topLevelComment : null
    const inner = top && isObject(top.snippet) ? top.snippet : null
    if (!body || !snippet || !inner) return malformed('Invalid JSON payload received. Parse error.')
    onlyMembers(req, 'comment_thread', body, ['snippet'], ['replies'])
    const ofThread = ['canReply', 'totalReplyCount', 'isPublic']
    onlyMembers(req, 'comment_thread.snippet', snippet, ['videoId', 'channelId', 'topLevelComment'], ofThread)
    onlyMembers(req, 'comment_thread.snippet.top_level_comment.snippet', inner, ['textOriginal'], ofComment)
    const text = typeof inner.textOriginal === 'string' ? inner.textOriginal.trim() : ''
    const v = liveVideo(world, String(snippet.videoId))
    if (!v)
      return refuse(
        404,
        'videoNotFound',
        'The video identified by the videoId parameter could not be found.',
        'videoId',
      )
    if (text === '')
      refuse(400, 'commentTextRequired', 'The comment resource that is being inserted must specify a value.')
    if (text.length > n.comment.max)
      refuse(400, 'commentTextTooLong', 'The comment resource contains too many characters.')
    if (v.status.selfDeclaredMadeForKids || v.status.privacyStatus === 'private')
      refuse(403, 'commentsDisabled', 'The video identified by the videoId parameter has disabled comments.', 'videoId')
    if (v.uploadStatus !== 'processed')
      refuse(400, 'processingFailure', 'The API server failed to successfully process the request.')
    const made: Comment = {
      id: `Ugx${world.id(23)}`,
      video: v.id,
      channel: c.id,
      text,
      at: world.now(),
      deleted: false,
      raw: body,
    }
    world.state.comments.push(made)
    world.changed()
    return json(200, thread(world, made))
  }

const list = (world: YouTubeWorld) => (req: SandboxRequest) => {
  enter(world, req, { door: 'comment' })
  knownQuery(req, 'part', 'videoId', 'order', 'textFormat', 'maxResults', 'pageToken', 'searchTerms')
  partsOf(req, ['id', 'snippet', 'replies'])
  const v = liveVideo(world, req.query.get('videoId') ?? '')
  if (!v)
    return refuse(404, 'videoNotFound', 'The video identified by the videoId parameter could not be found.', 'videoId')
  if (v.status.selfDeclaredMadeForKids) refuse(403, 'commentsDisabled', 'Comments are disabled.', 'videoId')
  const shown = world.now() - world.knob('commentsLagMs')
  const all = world.state.comments.filter((x) => x.video === v.id && !x.deleted && x.at <= shown).reverse()
  const { items, page } = paged(req, all, maxResults(req, 20, 100))
  return json(200, {
    kind: 'youtube#commentThreadListResponse',
    etag: etag(items),
    ...page,
    items: items.map((x) => thread(world, x)),
  })
}

const remove =
  (world: YouTubeWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = enter(world, req, { door: 'comment', units: n.cost.write })
    knownQuery(req, 'id')
    const found = world.state.comments.find((x) => x.id === req.query.get('id') && !x.deleted)
    if (!found) return refuse(404, 'commentNotFound', 'One or more of the specified comments cannot be found.', 'id')
    if (found.channel !== c.id) refuse(403, 'forbidden', 'Forbidden')
    found.deleted = true
    world.changed()
    return { status: 204, text: '' }
  }

export const commentRoutes = (world: YouTubeWorld, host: string): SandboxRoute[] => [
  route('comment', `POST ${host}/youtube/v3/commentThreads`, insert(world), { writes: true }),
  route('comments', `GET ${host}/youtube/v3/commentThreads`, list(world)),
  route('comment-delete', `DELETE ${host}/youtube/v3/comments`, remove(world), { writes: true }),
]
