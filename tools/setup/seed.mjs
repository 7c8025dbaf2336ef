/** Something to look at for `npm run dev`: an owner, the sandbox channels and a few posts, all made through the API like a person would. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const email = 'dev@clarion.local'

/** Waits until the server is ready, for 2 minutes at most. */
const ready = async (api) => {
  for (let i = 0; i < 480; i++) {
    const ok = await fetch(`${api}/health/ready`).then(
      (r) => r.ok,
      () => false,
    )
    if (ok) return
    await pause(250)
  }
  throw new Error('the server does not become ready')
}

/**
 * Fills a new installation at `api`, else only says how to sign in. `origin` is the address people use.
 * The password is made once and kept in the data folder.
 */
export const seed = async (api, origin, data) => {
  await ready(api)
  let cookie = ''
  const call = async (method, path, body) => {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: { origin, ...(cookie && { cookie }), ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const set = response.headers.getSetCookie()
    if (set.length > 0) cookie = set.map((c) => c.split(';')[0]).join('; ')
    const answer = await response.json()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer.detail ?? answer.title}`)
    return answer
  }
  const file = join(data, 'dev-password')
  const { needed } = await call('GET', '/api/v1/setup')
  if (needed) {
    const password = randomBytes(9).toString('base64url')
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
    const me = await call('POST', '/api/v1/setup', {
      name: 'Dev',
      email,
      password,
      workspaceName: 'Dev workspace',
      timeZone,
    })
    writeFileSync(file, password, { mode: 0o600 })
    const W = `/api/v1/workspaces/${me.workspaces[0].id}`
    const { items } = await call('POST', `${W}/sandbox/connect-all`, {})
    const everywhere = items.map((channel) => ({ channelId: channel.id }))
    const write = (text) => call('POST', `${W}/posts`, { content: { segments: [{ text }] }, publications: everywhere })
    const at = (minutes) => ({ at: new Date(Date.now() + minutes * 60_000).toISOString() })
    const plan = [
      ['Hello from the sandbox. This one goes out in half a minute.', at(0.5)],
      ['Tomorrow at this time: a note about the harvest.', at(24 * 60)],
      ['In three days: doors open at nine.', at(3 * 24 * 60)],
      ['A draft nobody has scheduled yet.', undefined],
    ]
    for (const [text, when] of plan) {
      const post = await write(text)
      if (when) await call('POST', `${W}/posts/${post.id}/schedule`, when)
    }
    console.log(`Made: ${items.length} sandbox channels, ${plan.length} posts.`)
  }
  if (existsSync(file)) console.log(`\nSign in with  ${email}  and  ${readFileSync(file, 'utf8')}`)
}
