/** The bench a platform is tried on: its real client against its imitation on a real socket, time moved by hand. */

import { asClarion } from '#contract/sandbox-client.ts'
import { type Charge, createHttp, type Http, sandboxed } from '#kit/client/http.ts'
import type { ChannelContext, ChannelOffer, ConnectContext, Platform } from '#kit/client/platform.ts'
import type { Grant, StepMedia, StepView } from '#kit/client/steps.ts'
import type { WebhookContext } from '#kit/client/webhook.ts'
import type { Draft } from '#kit/facts/preflight.ts'
import type { IssuedTokens, LedgerPost } from '#kit/sandbox/imitation.ts'
import { type TestDocument, type TestFile, type TestImage, type TestVideo, testFile } from './media.ts'
import { type RunInput, type RunResult, runPlan } from './runner.ts'
import { createShelf } from './shelf.ts'

export type FaultKind =
  | 'drop-before'
  | 'drop-after'
  | 'answer-before'
  | 'answer-after'
  | 'hang-before'
  | 'hang-after'
  | 'slow'
  | 'revoke'
type FaultInput = {
  platform: string
  route?: string
  nth?: number
  times?: number
  do: FaultKind
  status?: number
  ms?: number
}

/** What the suite needs of a running sandbox; `#sandbox/testing.ts` gives it. The kit does not know who made it. */
export type SandboxUnderTest = {
  url: string
  desk: {
    posts: (platform: string) => LedgerPost[]
    setFault: (fault: FaultInput) => unknown
    clearFaults: () => void
    tokens: (platform: string, account?: string) => IssuedTokens
    act: (platform: string, action: { do: string; [k: string]: string }) => void
    revoke: (platform: string, account?: string) => void
    reset: (platform?: string) => void
    clock: () => { now: string }
    advance: (ms: number) => unknown
    knobs: (platform: string) => Record<string, number>
    setKnobs: (platform: string, values: Record<string, number>) => unknown
    tickAll: () => Promise<void>
    setWebhook: (platform: string, url: string | null) => void
    requests: (filter?: { platform?: string; route?: string }) => {
      client: string
      route: string | null
      method: string
      path: string
      acted: boolean
      status: number | null
    }[]
    /** What the imitation ignored as its network does. */
    notices: (filter?: { client?: string }) => { client: string; call: string; kind: string; what: string }[]
  }
  /** Errors inside imitations; must stay empty. */
  trouble: string[]
  close: () => Promise<void>
}

export type Content = {
  segments: {
    text: string
    images?: TestImage[]
    videos?: TestVideo[]
    documents?: TestDocument[]
    /** Instead of the three, where the order matters. */
    media?: TestFile[]
  }[]
  firstComment?: string
  /** Files the settings point at, by the id the settings use. */
  attachments?: Record<string, TestFile>
  settings?: Record<string, unknown>
}

export type Connected = { grant: Grant; offer: ChannelOffer; credentials: Record<string, string> }

export type Bench = ReturnType<typeof openBench>

const redirectUri = 'http://127.0.0.1:4000/oauth/callback'
const state = 'state-of-this-test-0123456789abcdef'

export const openBench = (platform: Platform, sandbox: SandboxUnderTest) => {
  const { id } = platform.spec
  const now = () => Date.parse(sandbox.desk.clock().now)
  const pass = (ms: number) => void sandbox.desk.advance(ms)
  /** A call takes from a budget of the spec. */
  const spend = async ({ bucket }: Charge) => {
    if (!platform.spec.budgets?.some((b) => b.bucket === bucket)) throw new Error(`${id} has no budget "${bucket}"`)
  }
  const http = (secrets: string[] = []): Http =>
    createHttp({ realm: 'sandbox', sandboxUrl: sandbox.url, failures: platform.failures, secrets, now, spend })

  const context = (credentials: Record<string, string>): ConnectContext => ({
    http: http(Object.values(credentials)),
    realm: 'sandbox',
    browserUrl: (url) => sandboxed(new URL(url), sandbox.url).href,
    credentials,
    redirectUri,
    state,
    now,
  })

  /** What the network sends back after the consent page was answered. `change` may bend the address first. */
  const consent = async (
    url: string,
    answer: Record<string, string>,
    change?: (url: URL) => void,
  ): Promise<Record<string, string>> => {
    const at = new URL(url)
    change?.(at)
    // An address as Clarion made it is Clarion's own call, whoever opens it.
    const headers: Record<string, string> = change ? {} : asClarion()
    const page = await fetch(at, { redirect: 'manual', headers })
    if (page.status !== 200)
      throw new Error(`the consent page answered ${page.status}: ${(await page.text()).slice(0, 300)}`)
    const res = await fetch(at, { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams(answer) })
    const location = res.headers.get('location')
    if (!location) throw new Error(`consent gave no way back (${res.status}): ${(await res.text()).slice(0, 300)}`)
    return Object.fromEntries(new URL(location).searchParams)
  }

  /** The whole flow of this platform, as a person would go through it. `account` as the desk names it. */
  const connect = async (
    o: {
      account?: string
      change?: (url: URL) => void
      answer?: Record<string, string>
      /** Which of the offered channels: the first of this kind. */
      kind?: string
      /** What the person enters before, `way` among them. */
      form?: Record<string, string>
      /** Another app than the one the desk issues. */
      credentials?: Record<string, string>
    } = {},
  ): Promise<Connected> => {
    const desk = sandbox.desk.tokens(id, o.account)
    const issued = { ...desk, credentials: o.credentials ?? desk.credentials }
    const t = context(issued.credentials)
    const begun = await platform.connect.begin(t, o.form ?? {})
    let answer: Record<string, string> = {}
    if (begun.kind === 'redirect')
      answer = await consent(
        begun.url,
        o.answer ?? { decision: 'allow', ...(o.account ? { user: o.account } : {}) },
        o.change,
      )
    else if (begun.kind === 'form') answer = { ...issued.form, ...o.form }
    else
      sandbox.desk.act(id, {
        do: 'prove',
        code: begun.code,
        ...(o.account ? { account: o.account, chat: o.account } : {}),
      })
    const end = await platform.connect.finish(t, answer, begun.keep)
    if ('pending' in end) throw new Error(`still pending: ${end.pending}`)
    const offer = o.kind ? end.offers.find((x) => x.kind === o.kind) : end.offers[0]
    if (!offer) throw new Error('consent offered no account')
    return { grant: offer.grant ?? end.grant, offer, credentials: issued.credentials }
  }

  const tokenContext = (c: Connected) => ({
    http: http(Object.values(c.credentials)),
    realm: 'sandbox' as const,
    credentials: c.credentials,
    now,
  })

  const channelContext = (c: Connected): ChannelContext => ({
    http: http(),
    grant: c.grant,
    credentials: c.credentials,
    now,
    channel: { ...c.offer },
  })

  /** Settings the schema refuses go out raw over the defaults: the network must refuse them too. */
  const settingsOf = (settings: Record<string, unknown>): unknown => {
    const { schema } = platform.spec.settings
    const parsed = schema.safeParse(settings)
    return parsed.success ? parsed.data : { ...(schema.parse({}) as object), ...settings }
  }

  const shelf = createShelf()
  let made = 0
  const fileOf = (file: TestFile): StepMedia => testFile(file, ++made, shelf.publish, platform.spec.media.image?.types)
  const filesOf = (s: Content['segments'][number]): TestFile[] =>
    s.media ?? [
      ...(s.images ?? []).map((x) => ({ kind: 'image' as const, ...x })),
      ...(s.videos ?? []).map((x) => ({ kind: 'video' as const, ...x })),
      ...(s.documents ?? []).map((x) => ({ kind: 'document' as const, ...x })),
    ]
  const view = (c: Pick<Connected, 'offer'>, content: Content): StepView => ({
    publicationId: `publication-${++made}`,
    segments: content.segments.map((s) => ({
      text: s.text,
      media: filesOf(s).map(fileOf),
    })),
    attachments: Object.fromEntries(
      Object.entries(content.attachments ?? {}).map(([key, file]) => [key, { ...fileOf(file), id: key }]),
    ),
    firstComment: content.firstComment,
    settings: settingsOf(content.settings ?? {}),
    channel: {
      externalId: c.offer.externalId,
      kind: c.offer.kind,
      handle: c.offer.handle,
      name: c.offer.name,
      facts: c.offer.facts,
    },
  })

  const runInput = (c: Connected, content: Content): RunInput => ({
    platform,
    view: view(c, content),
    http: http(),
    grant: c.grant,
    credentials: c.credentials,
    now,
    pass,
  })

  const publish = async (c: Connected, content: Content, more: Partial<RunInput> = {}): Promise<RunResult> =>
    runPlan({ ...runInput(c, content), ...more })

  /** The same content as preflight sees it. */
  const draft = (c: Connected, content: Content): Draft => {
    const v = view(c, content)
    return {
      segments: v.segments,
      firstComment: v.firstComment,
      settings: content.settings ?? {},
      attachments: v.attachments,
      channel: { kind: c.offer.kind, facts: c.offer.facts },
    }
  }

  /** What the door hands to the platform's webhook face. */
  const hookContext = async (c: Pick<Connected, 'credentials'>): Promise<WebhookContext> => ({
    credentials: c.credentials,
    secret: 'a-secret-of-this-bench-0123456789',
    url: await shelf.hookUrl(),
    http: http(),
    now,
  })

  /** What is on the network now, deleted posts left out. */
  const ledger = (): LedgerPost[] => sandbox.desk.posts(id).filter((p) => !p.deleted)

  return {
    platform,
    sandbox,
    id,
    now,
    pass,
    http,
    context,
    consent,
    connect,
    tokenContext,
    channelContext,
    view,
    runInput,
    publish,
    draft,
    ledger,
    shelf,
    hookContext,
    state,
    fault: (fault: Omit<FaultInput, 'platform'>) => sandbox.desk.setFault({ platform: id, ...fault }),
  }
}
