/**
 * Starts a Clarion of its own for the journeys: fresh data folder, free port, sandbox on; and Chromium with a fresh
 * profile. Everything it starts it also stops, by its own process handle.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { diesWithUs } from '../src/infra/testing/dies-with-us.ts'

const root = join(import.meta.dirname, '..')
export const owner = {
  name: 'Ada Nowak',
  email: 'ada@example.test',
  password: 'correct horse battery',
  workspace: 'Northlight Studio',
}

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })

export type Clarion = { url: string; stop: () => Promise<void> }

/** Builds the web app into `dist/web`; once per run. */
export const buildWeb = async (): Promise<void> => {
  // The test runner says `test`; people get the production build.
  process.env.NODE_ENV = 'production'
  await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'error' })
}

/** Starts the server and waits until it is ready (at most ten minutes); its log is shown when it does not get there. */
export const startClarion = async (): Promise<Clarion> => {
  const data = await mkdtemp(join(tmpdir(), 'clarion-e2e-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let log = ''
  const child: ChildProcess = spawn(process.execPath, ['src/server/main.ts', '--data', data, '--port', String(port)], {
    cwd: root,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      CLARION_LOG_FORMAT: 'text',
      CLARION_LOG: 'warn',
      CLARION_SANDBOX: '1',
      DATABASE_URL: '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const over = diesWithUs({
    pgdata: join(data, 'postgres', 'pgdata'),
    folder: data,
    pids: child.pid ? [child.pid] : [],
  })
  const keep = (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-8000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const stop = async () => {
    if (child.exitCode === null) child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 150_000)
    await ended
    clearTimeout(late)
    await rm(data, { recursive: true, force: true })
    over()
  }
  for (let tries = 0; tries < 6000; tries++) {
    if (child.exitCode !== null) break
    const ready = await fetch(`${url}/health/ready`).then(
      (r) => r.ok,
      () => false,
    )
    if (ready) return { url, stop }
    await new Promise((r) => setTimeout(r, 100))
  }
  await stop()
  throw new Error(`Clarion did not start:\n${log}`)
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--headless',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

export type Look = { width?: number; height?: number; dark?: boolean; language?: 'en' | 'pl' }
/** A fresh profile, in a fixed zone with daylight saving. Broken scripts fail the journey that caused them. */
export const freshContext = (
  browser: Browser,
  url: string,
  { width = 1280, height = 900, dark, language = 'en' }: Look = {},
): Promise<BrowserContext> =>
  browser.newContext({
    baseURL: url,
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    locale: language === 'pl' ? 'pl-PL' : 'en-GB',
    timezoneId: 'Europe/Warsaw',
    reducedMotion: 'reduce',
  })

/** A page that remembers the script errors it had, and what the browser refused by our content policy. */
export const watch = (page: Page): { errors: string[] } => {
  const errors: string[] = []
  page.on('pageerror', (e) => errors.push(e.message))
  page.on('console', (m) => {
    if (m.type() === 'error' && /content security|-src'/i.test(m.text())) errors.push(m.text())
  })
  return { errors }
}

/** First run by API: owner, workspace, and (unless told otherwise) all sandbox channels. Signs the context in. */
export const setUp = async (
  context: BrowserContext,
  { connect = true, locale = 'en' }: { connect?: boolean; locale?: 'en' | 'pl' } = {},
) => {
  const made = await context.request.post('/api/v1/setup', {
    headers: { 'idempotency-key': 'setup', origin: new URL((await context.request.get('/api/v1/setup')).url()).origin },
    data: {
      name: owner.name,
      email: owner.email,
      password: owner.password,
      workspaceName: owner.workspace,
      timeZone: 'Europe/Warsaw',
      locale,
    },
  })
  if (!made.ok()) throw new Error(`setup: ${made.status()} ${await made.text()}`)
  const me = (await made.json()) as { workspaces: { id: string }[] }
  const ws = me.workspaces[0]?.id ?? ''
  if (connect) await call(context, 'POST', `/api/v1/workspaces/${ws}/sandbox/connect-all`)
  return { ws }
}

/** Signs somebody in who has an account: the owner, unless told otherwise. */
export const signIn = async (
  context: BrowserContext,
  { email, password }: { email: string; password: string } = owner,
): Promise<void> => {
  const r = await context.request.post('/api/auth/sign-in/email', { data: { email, password } })
  if (!r.ok()) throw new Error(`sign-in: ${r.status()} ${await r.text()}`)
}

let keys = 0
/** A call of our API with the context's session; raises the Problem's text. */
export const call = async <T = unknown>(
  context: BrowserContext,
  method: 'GET' | 'POST',
  path: string,
  data?: unknown,
): Promise<T> => {
  const r = await context.request.fetch(path, {
    method,
    headers: { 'idempotency-key': `e2e-${++keys}-${Math.random()}` },
    ...(data === undefined ? {} : { data }),
    timeout: 60_000,
  })
  if (!r.ok()) throw new Error(`${method} ${path}: ${r.status()} ${await r.text()}`)
  return (await r.json()) as T
}
