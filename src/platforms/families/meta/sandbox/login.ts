/** Facebook Login as Meta's servers play it (fact sheets facebook.md §2, instagram.md §2.2): the dialog and its tokens. */
import { json } from '#kit/sandbox/answer.ts'
import { backToApp, consentDecision, consentPage, ignoreAsked, refusedPage } from '#kit/sandbox/consent.ts'
import { esc } from '#kit/sandbox/html.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { missing } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { httpsOrHome } from '#kit/sandbox/this-machine.ts'
import { noteGraphVersion, tokenOf } from './door.ts'
import { badParam, graphRefuse } from './envelope.ts'
import { checkParams, param, readParams } from './params.ts'
import { peopleRoutes } from './people.ts'
import { type MetaPage, type MetaWorld, pageAccount, pagesOf, personAccount, personById } from './state.ts'
import { killTokens, longSeconds, mintUser, pageToken, shortMs } from './tokens.ts'

const hourMs = 3_600_000
const codeMs = hourMs
const dataAccessMs = 90 * 24 * hourMs

/** Scopes the dialog knows, with the sentence a person reads. */
export const metaScopes: Record<string, string> = {
  public_profile: 'Know your name and picture',
  email: 'Know your email address',
  pages_show_list: 'Show a list of the Pages you manage',
  pages_read_engagement: 'Read content posted on your Pages',
  pages_read_user_content: 'Read what people write on your Pages',
  pages_manage_posts: 'Create and manage content on your Pages',
  pages_manage_engagement: 'Create and manage comments on your Pages',
  pages_manage_metadata: 'Manage settings and webhooks of your Pages',
  read_insights: 'Read insights of your Pages and apps',
  business_management: 'Manage your business',
  instagram_basic: 'See the profile and media of the linked professional accounts',
  instagram_content_publish: 'Publish to the linked professional accounts',
  instagram_manage_comments: 'Manage comments on the linked professional accounts',
  instagram_manage_insights: 'Read insights of the linked professional accounts',
  instagram_manage_contents: 'Delete media of the linked professional accounts',
}

export type LoginLook = {
  network: string
  accent: string
}

const wrongPage = (why: string): SandboxResponse =>
  refusedPage({
    title: 'Error / Facebook Login (sandbox)',
    body: `<main><h1>Sorry, something went wrong</h1><p>The app could not be opened.</p><p><small>Sandbox: ${esc(why)}</small></p></main>`,
  })

const redirectProblem = (redirect: string): string | null => {
  if (!URL.canParse(redirect)) return 'redirect_uri is not a web address'
  return httpsOrHome(new URL(redirect))
    ? null
    : 'redirect_uri must be https (http is for loopback, while the app is in development)'
}

/** Joined by commas or spaces. */
const asked = (q: URLSearchParams) => (q.get('scope') ?? '').split(/[,\s]+/).filter(Boolean)

const dialogProblem = (world: MetaWorld, q: URLSearchParams): string | null => {
  if (q.get('client_id') !== world.state.meta.app.id) return 'client_id is no app we know'
  // Left out it means `code` [facebook.md §2]; the imitation knows no other.
  if ((q.get('response_type') ?? 'code') !== 'code') return 'response_type must be code'
  const scopes = asked(q)
  const unknown = scopes.find((s) => !Object.hasOwn(metaScopes, s))
  if (unknown) return `Invalid Scopes: ${unknown}`
  if (!['', 'rerequest', 'reauthorize', 'reauthenticate'].includes(q.get('auth_type') ?? ''))
    return 'auth_type is not known'
  return redirectProblem(q.get('redirect_uri') ?? '')
}

/** `user` of the form is a person, or one of their Pages: then only that Page is ticked. */
const dialog =
  (world: MetaWorld, look: LoginLook) =>
  (req: SandboxRequest): SandboxResponse => {
    const q = req.query
    const wrong = dialogProblem(world, q)
    if (wrong) return wrongPage(wrong)
    // The login of versions long gone still works: arctic asks for v16.0.
    noteGraphVersion(req, req.params.version)
    ignoreAsked(req, 'auth_type', 'config_id', 'display')
    if (!q.has('response_type')) missing(req, 'response_type')
    const { meta } = world.state
    const scopes = [...new Set(['public_profile', ...asked(q)])]
    const people = meta.people.map((p) => {
      const pages = pagesOf(world, p.id).map((x) => x.name)
      return { ...personAccount(p), handle: pages.length ? `Pages: ${pages.join(', ')}` : 'No Pages' }
    })
    const shown = {
      network: look.network,
      app: meta.app.name,
      accounts: people,
      accent: look.accent,
      scopes: scopes.map((id) => ({ id, says: metaScopes[id]! })),
    }
    if (req.method === 'GET') return consentPage(shown)
    const linked = meta.pages.flatMap((p) =>
      p.account ? [{ id: p.account.id, handle: `@${p.account.username}`, name: p.account.name }] : [],
    )
    const decision = consentDecision(req, [...people, ...meta.pages.map(pageAccount), ...linked])
    if (!decision) return consentPage(shown)
    const redirectUri = q.get('redirect_uri')!
    if (!decision.allow)
      return backToApp(redirectUri, {
        error: 'access_denied',
        error_code: '200',
        error_description: 'Permissions error',
        error_reason: 'user_denied',
        state: q.get('state'),
      })
    const chosen = meta.pages.find((p) => p.id === decision.account.id || p.account?.id === decision.account.id)
    const code = `AQ${world.id(120)}`
    meta.codes[code] = {
      person: chosen ? Object.keys(chosen.tasks)[0]! : decision.account.id,
      pages: chosen ? [chosen.id] : null,
      redirectUri,
      scopes,
      madeAt: world.now(),
      used: false,
    }
    for (const [key, c] of Object.entries(meta.codes)) if (c.madeAt < world.now() - codeMs) delete meta.codes[key]
    world.changed()
    return backToApp(redirectUri, { code, state: q.get('state') })
  }

const tokenCall =
  (world: MetaWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    noteGraphVersion(req, req.params.version)
    const { fields, notice } = readParams(req)
    const { meta } = world.state
    checkParams(
      { fields, files: {}, notice },
      {
        client_id: { required: true, check: param.text },
        client_secret: { required: true, check: param.text },
        grant_type: param.oneOf('authorization_code', 'fb_exchange_token', 'client_credentials'),
        code: param.text,
        redirect_uri: param.text,
        fb_exchange_token: param.text,
      },
    )
    if (fields.client_id !== meta.app.id)
      graphRefuse(400, 101, 'Error validating application. Cannot get application info due to a system error.')
    if (fields.client_secret !== meta.app.secret) graphRefuse(400, 1, 'Error validating client secret.')
    if (fields.grant_type === 'client_credentials')
      return json(200, { access_token: `${meta.app.id}|${meta.app.secret}`, token_type: 'bearer' })
    if (fields.grant_type === 'fb_exchange_token') return exchange(world, fields.fb_exchange_token)
    const code = fields.code !== undefined && Object.hasOwn(meta.codes, fields.code) ? meta.codes[fields.code]! : null
    if (!code || world.now() - code.madeAt > codeMs)
      return graphRefuse(400, 100, 'This authorization code has expired or is not valid.', { subcode: 36_007 })
    if (code.used) graphRefuse(400, 100, 'This authorization code has been used.', { subcode: 36_009 })
    if (fields.redirect_uri !== code.redirectUri)
      graphRefuse(
        400,
        100,
        'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
        { subcode: 36_008 },
      )
    code.used = true
    const access_token = mintUser(world, { person: code.person, pages: code.pages, scopes: code.scopes, long: false })
    return json(200, { access_token, token_type: 'bearer', expires_in: shortMs / 1000 })
  }

const exchange = (world: MetaWorld, given: string | undefined): SandboxResponse => {
  const row =
    given !== undefined && Object.hasOwn(world.state.meta.tokens, given) ? world.state.meta.tokens[given]! : null
  if (row?.type !== 'USER') return graphRefuse(400, 190, 'Invalid OAuth access token - Cannot parse access token')
  if (row.dead !== null)
    graphRefuse(400, 190, 'Error validating access token: The user has not authorized application.', {
      subcode: row.dead,
    })
  if (row.expiresAt !== null && row.expiresAt <= world.now())
    graphRefuse(400, 190, 'Error validating access token: Session has expired.', { subcode: 463 })
  const access_token = mintUser(world, { person: row.person, pages: row.pages, scopes: row.scopes, long: true })
  return json(200, { access_token, token_type: 'bearer', expires_in: longSeconds })
}

const debug =
  (world: MetaWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    noteGraphVersion(req, req.params.version)
    const { app, tokens } = world.state.meta
    const caller = tokenOf(req)
    if (caller !== `${app.id}|${app.secret}` && !(caller && Object.hasOwn(tokens, caller)))
      graphRefuse(400, 190, 'Invalid OAuth access token signature.')
    const asked = req.query.get('input_token') ?? badParam('The parameter input_token is required')
    const row = Object.hasOwn(tokens, asked) ? tokens[asked] : undefined
    if (!row)
      return json(200, {
        data: { error: { code: 190, message: 'Invalid OAuth access token.' }, is_valid: false, scopes: [] },
      })
    const alive = row.dead === null && (row.expiresAt === null || row.expiresAt > world.now())
    const seconds = (ms: number | null) => (ms === null ? 0 : Math.floor(ms / 1000))
    return json(200, {
      data: {
        app_id: app.id,
        application: app.name,
        type: row.type,
        is_valid: alive,
        issued_at: seconds(row.issuedAt),
        expires_at: seconds(row.expiresAt),
        data_access_expires_at: seconds(row.issuedAt + dataAccessMs),
        scopes: row.scopes,
        granular_scopes: row.scopes.map((scope) => ({ scope, ...(row.pages ? { target_ids: row.pages } : {}) })),
        user_id: row.person,
        ...(row.page ? { profile_id: row.page } : {}),
        ...(alive
          ? {}
          : { error: { code: 190, subcode: row.dead ?? 463, message: 'The token is not valid any more.' } }),
      },
    })
  }

/** Every token of the people who manage this Page (all tokens when none is named). For `Imitation.revoke`. */
export const revokePage = (world: MetaWorld, page?: MetaPage, subcode = 458): void => {
  killTokens(world, (t) => page === undefined || Object.hasOwn(page.tasks, t.person), subcode)
}

/** Ready tokens of a Page's owner, for `Imitation.tokens`. */
export const issueFor = (world: MetaWorld, page: MetaPage, scopes: string[]) => {
  const person = personById(world, Object.keys(page.tasks)[0])!
  const user = mintUser(world, { person: person.id, pages: null, scopes: ['public_profile', ...scopes], long: true })
  return {
    user_access_token: user,
    user_id: person.id,
    page_id: page.id,
    page_access_token: pageToken(world, user, page.id),
  }
}

export const loginRoutes = (world: MetaWorld, look: LoginLook): SandboxRoute[] => [
  route('authorize', 'GET|POST www.facebook.com/:version/dialog/oauth', dialog(world, look)),
  route('token', 'GET|POST graph.facebook.com/:version/oauth/access_token', tokenCall(world), { writes: true }),
  route('token', 'GET|POST graph.facebook.com/oauth/access_token', tokenCall(world), { writes: true }),
  route('debug-token', 'GET graph.facebook.com/:version/debug_token', debug(world)),
  route('debug-token', 'GET graph.facebook.com/debug_token', debug(world)),
  ...peopleRoutes(world),
]

export { readPage } from './people.ts'
