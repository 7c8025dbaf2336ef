import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)
const api = 'https://oauth.reddit.com'
const www = 'https://www.reddit.com/api/v1'
const agent = { 'user-agent': 'web:com.example.test:v1.0.0 (by /u/rosehill_bakery)' }
const redirect = 'http://127.0.0.1:4999/oauth/callback'
const sub = 'AllAboutBread'

let box: TestSandbox
beforeAll(async () => {
  box = await startSandbox([imitation])
})
beforeEach(() => box.desk.reset())
afterAll(() => box.close())

type Pair = { access_token: string; refresh_token?: string; expires_in: number; scope: string }
type Answer = { status: number; headers: Headers; body: Body }
type Body = {
  json?: { errors: [string, string, string | null][]; data?: { id?: string; name?: string; url?: string } }
} & Record<string, unknown>

const issued = (account?: string) => box.desk.tokens('reddit', account).tokens as Pair
const call = async (
  method: string,
  url: string,
  o: { token?: string; form?: Record<string, string>; json?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> => {
  const headers: Record<string, string> = {
    ...agent,
    ...(o.token ? { authorization: `bearer ${o.token}` } : {}),
    ...o.headers,
  }
  if (o.json !== undefined) headers['content-type'] = 'application/json'
  const body = o.json !== undefined ? JSON.stringify(o.json) : o.form ? new URLSearchParams(o.form) : undefined
  const res = await box.call(url, { method, headers, ...(body === undefined ? {} : { body }) })
  const text = await res.text()
  const parsed = /^[{[]/.test(text) ? (JSON.parse(text) as Body) : ({ text } as Body)
  return { status: res.status, headers: res.headers, body: parsed }
}
const submit = (token: string, form: Record<string, string>, query = '?raw_json=1') =>
  call('POST', `${api}/api/submit${query}`, {
    token,
    form: { api_type: 'json', kind: 'self', sr: sub, title: 'Rye', ...form },
  })
const code = (a: Answer) => a.body.json?.errors[0]?.[0]

const basic = (secret?: string) => {
  const { clientId, clientSecret } = box.desk.tokens('reddit').credentials
  return { authorization: `Basic ${Buffer.from(`${clientId}:${secret ?? clientSecret}`).toString('base64')}` }
}
const token = (form: Record<string, string>, headers = basic()) =>
  call('POST', `${www}/access_token`, { form, headers })
const authorizeUrl = (change: Record<string, string> = {}) =>
  `${www}/authorize?${new URLSearchParams({
    client_id: box.desk.tokens('reddit').credentials.clientId!,
    response_type: 'code',
    state: 's1',
    redirect_uri: redirect,
    duration: 'permanent',
    scope: 'identity submit read',
    ...change,
  })}`
const consent = async (change: Record<string, string> = {}, decision = 'allow') => {
  const res = await box.call(authorizeUrl(change), { method: 'POST', body: new URLSearchParams({ decision }) })
  return new URL(res.headers.get('location')!).searchParams
}

describe('consent and tokens', () => {
  test('the page lists people and scopes; a code trades once, with a token as long as Reddit’s', async () => {
    const page = await (await box.call(authorizeUrl())).text()
    expect(page).toContain('rosehill_bakery')
    expect(page).toContain('Submit links and comments')
    const given = (await consent()).get('code')!
    const form = { grant_type: 'authorization_code', code: given, redirect_uri: redirect }
    const { body } = await token(form)
    expect(body).toMatchObject({ expires_in: 86_400, token_type: 'bearer', scope: 'identity submit read' })
    expect(String(body.access_token).length).toBeGreaterThan(700)
    expect(await token(form)).toMatchObject({ status: 200, body: { error: 'invalid_grant' } })
    expect((await consent({}, 'deny')).get('error')).toBe('access_denied')
  })
  test('temporary gives no refresh token; what is unknown never reaches the page', async () => {
    const given = (await consent({ duration: 'temporary' })).get('code')!
    const { body } = await token({ grant_type: 'authorization_code', code: given, redirect_uri: redirect })
    expect(body).not.toHaveProperty('refresh_token')
    const wrongs: Record<string, string>[] = [
      { scope: 'fly' },
      { client_id: 'x' },
      { redirect_uri: 'http://evil.example/' },
      { duration: 'ever' },
    ]
    for (const change of wrongs) expect((await box.call(authorizeUrl(change))).status).toBe(400)
  })
  test('a refresh token comes back unchanged, for ever; a strange one is a bare 400; a wrong secret 401', async () => {
    const { refresh_token } = issued()
    box.desk.advance(400 * 86_400_000)
    const form = { grant_type: 'refresh_token', refresh_token: refresh_token! }
    expect((await token(form)).body).toMatchObject({ refresh_token })
    expect(await token({ ...form, refresh_token: 'x' })).toMatchObject({
      status: 400,
      body: { message: 'Bad Request', error: 400 },
    })
    expect((await token(form, basic('wrong'))).status).toBe(401)
    expect((await token({ ...form, client_id: 'x' })).body).toMatchObject({ refresh_token })
  })
  test('revoking the refresh token kills its access tokens; 204 also for what nobody knows', async () => {
    const { access_token, refresh_token } = issued()
    for (const t of ['unknown', refresh_token!])
      expect(
        (
          await call('POST', `${www}/revoke_token`, {
            form: { token: t, token_type_hint: 'refresh_token' },
            headers: basic(),
          })
        ).status,
      ).toBe(204)
    const dead = await call('GET', `${api}/api/v1/me`, { token: access_token })
    expect(dead.status).toBe(401)
    expect(dead.headers.get('www-authenticate')).toContain('invalid_token')
  })
  test('a day later the access token is over; a missing scope is said in the header', async () => {
    const { access_token } = issued()
    const given = (await consent()).get('code')!
    const few = (await token({ grant_type: 'authorization_code', code: given, redirect_uri: redirect }))
      .body as unknown as Pair
    const refused = await call('GET', `${api}/user/rosehill_bakery/submitted`, { token: few.access_token })
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_scope')
    box.desk.advance(86_401_000)
    expect((await call('GET', `${api}/api/v1/me`, { token: access_token })).status).toBe(401)
  })
  test('who does not say who he is meets the edge, in HTML', async () => {
    for (const name of ['', 'node', 'curl/8.5', 'python-requests/2.31', 'Mozilla/5.0'])
      expect(
        (await call('GET', `${api}/api/v1/me`, { token: issued().access_token, headers: { 'user-agent': name } }))
          .status,
        name,
      ).toBe(403)
  })
})

describe('submitting', () => {
  test('a text post answers with its id both ways; paths with a stroke at the end are the same', async () => {
    const { body } = await submit(issued().access_token, { text: 'x' })
    expect(body.json).toMatchObject({ errors: [], data: { name: `t3_${body.json!.data!.id}` } })
    const again = await call('POST', `${api}/api/submit/?raw_json=1`, {
      token: issued().access_token,
      form: { api_type: 'json', kind: 'self', sr: sub, title: 'Rye' },
    })
    expect(again.body.json!.errors).toEqual([])
  })
  test('refusals come inside 200, with code, words and field', async () => {
    const t = issued().access_token
    const cases: [Record<string, string>, string][] = [
      [{ title: '' }, 'NO_TEXT'],
      [{ title: 'a'.repeat(301) }, 'TOO_LONG'],
      [{ text: 'a'.repeat(40_001) }, 'TOO_LONG'],
      [{ sr: '' }, 'SUBREDDIT_REQUIRED'],
      [{ sr: ' AllAboutBread' }, 'BAD_SR_NAME'],
      [{ sr: 'nobodyhere' }, 'SUBREDDIT_NOEXIST'],
      [{ sr: 'strictbakers' }, 'SUBREDDIT_NOTALLOWED_BANNED'],
      [{ sr: 'breadlinks' }, 'NO_SELFS'],
      [{ sr: 'askbakers', kind: 'link', url: 'https://example.com' }, 'NO_LINKS'],
      [{ kind: 'link' }, 'NO_URL'],
      [{ kind: 'link', url: 'ftp://example.com' }, 'BAD_URL'],
      [{ kind: 'link', url: 'https://spam.example/x' }, 'DOMAIN_BANNED'],
      [{ kind: 'image', url: 'https://example.com/a.png' }, 'BAD_URL'],
      [{ flair_id: 'x' }, 'BAD_FLAIR_TARGET'],
      [{ flair_id: 'x', flair_text: 'a'.repeat(65) }, 'TOO_LONG'],
      [{ text: 'a', richtext_json: '{}' }, 'INVALID_SELFPOST'],
    ]
    for (const [form, want] of cases) {
      const a = await submit(t, form)
      expect([a.status, code(a)], JSON.stringify(form).slice(0, 60)).toEqual([200, want])
    }
    expect(box.desk.posts('reddit')).toEqual([])
  })
  test('rules of a community hold only with validate_on_submit, in two shapes', async () => {
    const t = issued().access_token
    const form = {
      sr: 'askbakers',
      title: 'Urgent: why is it so flat?',
      text: 'x'.repeat(20),
      flair_id: '0f1a1e00-c1b0-11e7-b30b-0eb8423d5e04',
    }
    const flat = await submit(t, { ...form, validate_on_submit: 'true' })
    expect(flat).toMatchObject({
      status: 400,
      body: { reason: 'SUBMIT_VALIDATION_TITLE_BLACKLISTED_STRING', fields: ['title'] },
    })
    expect(code(await submit(t, { ...form, flair_id: '', validate_on_submit: 'True' }))).toBe(
      'SUBMIT_VALIDATION_FLAIR_REQUIRED',
    )
    expect(code(await submit(t, form))).toBeUndefined()
  })
  test('wrong types and wrong content types are refused', async () => {
    const t = issued().access_token
    expect((await submit(t, { nsfw: '1' })).status).toBe(400)
    expect((await submit(t, { kind: 'crosspost' })).status).toBe(400)
    expect((await call('POST', `${api}/api/submit`, { token: t, json: { kind: 'self' } })).status).toBe(400)
    expect(code(await call('POST', `${api}/api/submit_poll_post`, { token: t, form: { sr: sub } }))).toBe(
      'JSON_PARSE_ERROR',
    )
  })
  test('what Reddit ignores is ignored, and a notice is written', async () => {
    const t = issued().access_token
    expect(code(await submit(t, { nobody: '1' }))).toBeUndefined()
    const form = new FormData()
    for (const [k, v] of Object.entries({ kind: 'self', sr: sub, title: 'By parts', api_type: 'json' })) form.set(k, v)
    const headers = { authorization: `bearer ${t}`, ...agent }
    const parts = await box.call(`${api}/api/submit.json`, { method: 'POST', headers, body: form })
    expect(((await parts.json()) as Body).json!.errors).toEqual([])
    const asset = new FormData()
    asset.set('filepath', 'a.png')
    asset.set('mimetype', 'image/png')
    const lease = await box.call(`${api}/api/media/asset`, { method: 'POST', headers, body: asset })
    expect(await lease.json()).toHaveProperty('args.action')
    expect(box.desk.notices().map((n) => [n.route, n.kind, n.what])).toEqual([
      ['create', 'unknown-field', 'nobody'],
      ['create', 'content-type', 'multipart/form-data instead of application/x-www-form-urlencoded'],
      ['upload-lease', 'content-type', 'multipart/form-data instead of application/x-www-form-urlencoded'],
    ])
  })
  test('without raw_json signs of HTML are escaped, without api_type the answer is for jQuery', async () => {
    const t = issued().access_token
    const { body } = await submit(t, { title: 'A & B <c>' })
    const info = async (query: string) =>
      JSON.stringify((await call('GET', `${api}/api/info?id=t3_${body.json!.data!.id}${query}`, { token: t })).body)
    expect(await info('')).toContain('A &amp; B &lt;c&gt;')
    expect(await info('&raw_json=1')).toContain('A & B <c>')
    const old = await call('POST', `${api}/api/submit`, { token: t, form: { kind: 'self', sr: sub, title: 'Old' } })
    expect(old.body).toHaveProperty('jquery')
  })
  test('polls: two to six answers, one to seven days, text always there', async () => {
    const t = issued().access_token
    const poll = async (change: object) =>
      call('POST', `${api}/api/submit_poll_post?raw_json=1`, {
        token: t,
        json: { api_type: 'json', sr: sub, title: 'x', text: '', options: ['a', 'b'], duration: 3, ...change },
      })
    expect((await poll({})).body.json!.data!.id).toMatch(/^t3_/)
    expect(code(await poll({ options: ['a'] }))).toBe('TOO_FEW_OPTIONS')
    expect(code(await poll({ options: ['1', '2', '3', '4', '5', '6', '7'] }))).toBe('placeholder')
    expect(code(await poll({ duration: 8 }))).toBe('placeholder')
    expect(code(await poll({ duration: undefined }))).toBe('placeholder')
    expect((await poll({ options: undefined })).status).toBe(500)
    expect((await poll({ text: undefined })).status).toBe(400)
  })
  test('calls are counted for the whole app: a thousand in ten minutes', async () => {
    box.desk.setKnobs('reddit', {})
    const t = issued().access_token
    const other = issued('teo_makes').access_token
    const first = await call('GET', `${api}/api/v1/me`, { token: t })
    expect(first.headers.get('x-ratelimit-remaining')).toBe('999.0')
    const second = await call('GET', `${api}/api/v1/me`, { token: other })
    expect(second.headers.get('x-ratelimit-used')).toBe('2')
    expect(second.headers.get('x-ratelimit-reset')).toBe('600')
  })
})

describe('files', () => {
  type Lease = { args: { action: string; fields: { name: string; value: string }[] }; asset: { asset_id: string } }
  const lease = async (t: string, mimetype = 'image/png') =>
    (await call('POST', `${api}/api/media/asset.json?raw_json=1`, { token: t, form: { filepath: 'a.png', mimetype } }))
      .body as unknown as Lease
  const send = async (l: Lease, change: (form: FormData) => void = () => {}, headers: Record<string, string> = {}) => {
    const form = new FormData()
    for (const { name, value } of l.args.fields) form.append(name, value)
    form.append('file', new Blob([PNG], { type: 'image/png' }), 'a.png')
    change(form)
    const res = await box.call(`https:${l.args.action}/`, { method: 'POST', body: form, headers })
    return { status: res.status, text: await res.text() }
  }
  const urlOf = (l: Lease) => `https:${l.args.action}/${l.args.fields.find((f) => f.name === 'key')!.value}`

  test('lease, form, submit: the answer has no id, and the post comes later under the asset’s name', async () => {
    const t = issued().access_token
    const l = await lease(t)
    expect((await send(l)).status).toBe(201)
    const { body } = await submit(t, { kind: 'image', url: urlOf(l) })
    expect(body.json!.data).not.toHaveProperty('id')
    const list = async () =>
      JSON.stringify((await call('GET', `${api}/user/rosehill_bakery/submitted?raw_json=1`, { token: t })).body)
    expect(await list()).not.toContain(l.asset.asset_id)
    box.desk.advance(6000)
    expect(await list()).toContain(`https://i.redd.it/${l.asset.asset_id}.png`)
  })
  test('S3 wants every field, no token, the file last, in time', async () => {
    const t = issued().access_token
    const l = await lease(t)
    expect((await send(l, () => {}, { authorization: `bearer ${t}` })).text).toContain('InvalidArgument')
    expect((await send(l, (f) => f.delete('acl'))).text).toContain('AccessDenied')
    expect((await send(l, (f) => f.set('policy', 'x'))).text).toContain('AccessDenied')
    // The order is the documents', not S3's: another one is taken and noticed.
    expect((await send({ ...l, args: { ...l.args, fields: [...l.args.fields].reverse() } })).status).toBe(201)
    expect(box.desk.notices().map((n) => n.what)).toEqual(['fields in another order than the lease'])
    expect((await send(l, (f) => f.append('extra', '1'))).text).toContain('AccessDenied')
    box.desk.advance(11 * 60_000)
    expect((await send(l)).text).toContain('Policy expired')
  })
  test('another type, an empty lease and somebody else’s file are refused', async () => {
    const t = issued().access_token
    expect((await lease(t, 'image/webp')) as unknown).toMatchObject({ reason: 'INVALID_OPTION' })
    const l = await lease(t)
    expect(code(await submit(t, { kind: 'image', url: urlOf(l) }))).toBe('BAD_URL')
    await send(l)
    expect(code(await submit(issued('somebody').access_token, { kind: 'image', url: urlOf(l) }))).toBe('BAD_URL')
    expect(code(await submit(t, { kind: 'video', url: urlOf(l) }))).toBe('BAD_URL')
  })
  test('a gallery has two pictures at least, all uploaded', async () => {
    const t = issued().access_token
    const [one, two] = [await lease(t), await lease(t)]
    await send(one)
    const gallery = async (...ids: string[]) =>
      call('POST', `${api}/api/submit_gallery_post.json`, {
        token: t,
        json: {
          api_type: 'json',
          sr: sub,
          title: 'x',
          items: ids.map((media_id) => ({ media_id, caption: '', outbound_url: '' })),
        },
      })
    expect(code(await gallery(one.asset.asset_id))).toBe('placeholder')
    expect(code(await gallery(one.asset.asset_id, two.asset.asset_id))).toBe('placeholder')
    await send(two)
    expect((await gallery(one.asset.asset_id, two.asset.asset_id)).body.json!.data!.id).toMatch(/^t3_/)
  })
})

describe('reading and changing', () => {
  test('an unknown community is an empty listing with 200; a private one 403 with its reason', async () => {
    const t = issued().access_token
    expect(await call('GET', `${api}/r/nobodyhere/about`, { token: t })).toMatchObject({
      status: 200,
      body: { kind: 'Listing' },
    })
    expect(await call('GET', `${api}/r/secretoven/about`, { token: t })).toMatchObject({
      status: 403,
      body: { reason: 'private' },
    })
    expect(await call('GET', `${api}/api/v1/nobodyhere/post_requirements`, { token: t })).toMatchObject({
      status: 404,
      body: { reason: 'SUBREDDIT_NOEXIST' },
    })
  })
  test('deleting says {} to everything; editing only to the author, and only of text', async () => {
    const t = issued().access_token
    const { name } = (await submit(t, { text: 'x' })).body.json!.data!
    const other = issued('somebody').access_token
    expect((await call('POST', `${api}/api/del`, { token: other, form: { id: name! } })).body).toEqual({})
    expect(box.desk.posts('reddit')[0]!.deleted).toBeUndefined()
    expect(
      code(
        await call('POST', `${api}/api/editusertext`, {
          token: other,
          form: { api_type: 'json', thing_id: name!, text: 'y' },
        }),
      ),
    ).toBe('NOT_AUTHOR')
    const link = (await submit(t, { kind: 'link', url: 'https://example.com' })).body.json!.data!.name!
    expect(
      code(
        await call('POST', `${api}/api/editusertext`, {
          token: t,
          form: { api_type: 'json', thing_id: link, text: 'y' },
        }),
      ),
    ).toBe('placeholder')
    expect((await call('POST', `${api}/api/del`, { token: t, form: { id: name! } })).body).toEqual({})
    expect(JSON.stringify((await call('GET', `${api}/api/info?id=${name}`, { token: t })).body)).toContain('[deleted]')
    expect(
      code(
        await call('POST', `${api}/api/comment`, { token: t, form: { api_type: 'json', thing_id: name!, text: 'y' } }),
      ),
    ).toBe('DELETED_LINK')
  })
  test('more than a hundred ids and all are ignored', async () => {
    const t = issued().access_token
    const { name } = (await submit(t, {})).body.json!.data!
    const ask = async (n: number) =>
      (
        (
          await call(
            'GET',
            `${api}/api/info?id=${[name, ...Array.from({ length: n - 1 }, (_, i) => `t3_x${i}`)].join()}`,
            { token: t },
          )
        ).body as unknown as { data: { dist: number } }
      ).data.dist
    expect([await ask(100), await ask(101)]).toEqual([1, 0])
  })
  test('the feed escapes what people write', async () => {
    await submit(issued().access_token, { title: '<script>alert(1)</script>', text: '"><img src=x>' })
    const page = await (await fetch(`${box.url}/_feed/reddit`)).text()
    expect(page).toContain('&lt;script&gt;alert')
    expect(page).not.toContain('<script>alert')
    expect(page).not.toContain('<img src=x>')
  })
})
