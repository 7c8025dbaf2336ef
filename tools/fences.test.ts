import { describe, expect, test } from 'vitest'
import { breaksOf, fences } from './fences/rules.ts'

const ids = ['alpha', 'beta-two']
const at = (path: string, ...lines: string[]) => breaksOf([{ path, lines }], ids).map((b) => `${b.fence}:${b.line}`)
/** Written in pieces, so that this file keeps to the fences itself. */
const glue = (...parts: string[]) => parts.join('')

/** Each fence: what breaks it, and what looks like it and does not. */
const tried: Record<
  string,
  { breaks: [path: string, ...lines: string[]][]; keeps: [path: string, ...lines: string[]][] }
> = {
  'platform-id': {
    breaks: [
      ['src/planner/posts/service.ts', "if (id === 'alpha') {}"],
      ['src/platforms/alpha/api.ts', "const other = 'beta-two'"],
      ['migrations/0002_x.sql', "update channels set platform = 'alpha';"],
      ['bench/load/main.ts', 'const x = `alpha`'],
    ],
    keeps: [
      ['src/platforms/alpha/spec.ts', "id: 'alpha',"],
      ['src/planner/posts/service.test.ts', "id: 'alpha'"],
      ['src/server/app.ts', "// 'alpha' takes 300", "import x from './alphabet.ts'"],
    ],
  },
  'only-when-configured': {
    breaks: [['src/infra/s3-client.ts', "import { S3Client } from '@aws-sdk/client-s3'"]],
    keeps: [
      [
        'src/infra/s3-client.ts',
        "import type { S3Client } from '@aws-sdk/client-s3'",
        "await import('@aws-sdk/client-s3')",
      ],
      ['src/infra/testing/radosgw.ts', "import { S3Client } from '@aws-sdk/client-s3'"],
    ],
  },
  environment: {
    breaks: [['src/server/app.ts', 'const x = process.env.PORT']],
    keeps: [
      ['src/infra/config.ts', 'process.env'],
      ['tools/start.mjs', 'process.env.PATH'],
    ],
  },
  time: {
    breaks: [
      ['src/planner/posts/store.ts', 'const now = Date.now()', 'new Date()'],
      ['src/sandbox/host.ts', 'now: Date.now'],
    ],
    keeps: [
      ['src/infra/clock.ts', 'Date.now()'],
      ['src/web/calendar.tsx', 'new Date()'],
      ['src/planner/posts/store.ts', 'new Date(clock.now())'],
    ],
  },
  waiting: {
    breaks: [['src/platforms/alpha/publish.ts', 'setTimeout(go, 5)']],
    keeps: [
      ['src/platforms/alpha/sandbox/index.ts', 'setTimeout(go, 5)'],
      ['src/infra/queue.ts', 'setTimeout(go, 5)'],
    ],
  },
  network: {
    breaks: [['src/platforms/alpha/api.ts', "await fetch('https://x.test')"]],
    keeps: [
      ['src/platforms/alpha/api.ts', 'await t.fetch(1)'],
      ['src/infra/guard.ts', 'fetch(url)'],
    ],
  },
  'sandbox-notice': {
    breaks: [['src/platforms/alpha/sandbox/index.ts', "req.notice('unknown-field', token)"]],
    keeps: [
      ['src/kit/sandbox/notices.ts', 'req.notice(kind, told)'],
      ['src/platforms/alpha/sandbox/index.ts', 'ignoreFields(req, problems)', 'notice: req.notice,'],
    ],
  },
  'unguarded-fetch': {
    breaks: [
      ['src/sandbox/host.ts', 'const res = await fetch(url)'],
      ['src/sandbox/host.ts', 'const send = o.fetch ?? fetch'],
      ['src/planner/a.ts', 'const go = globalThis.fetch'],
      ['src/platforms/alpha/sandbox/files.ts', "import { request } from 'node:https'"],
      ['src/server/a.ts', "import { createServer, get } from 'node:http'"],
      ['src/server/a.ts', "import * as http from 'node:http'"],
      ['src/server/a.ts', "import { Agent } from 'undici'"],
    ],
    keeps: [
      ['src/platforms/alpha/sandbox/files.ts', 'await world.fetch(url)', '  fetch: o.reach,', 'type A = typeof fetch'],
      ['src/planner/media/service.ts', 'createIntake({ db, fetch })', 'const { a, fetch, b } = d'],
      ['src/infra/guard.ts', "import { request as plain } from 'node:http'"],
      ['src/kit/client/send.ts', 'fetch(input, init)'],
      ['src/web/lib/api.ts', 'await fetch(url)'],
      ['src/server/main.ts', "import { createServer, type RequestListener } from 'node:http'"],
      ['src/server/here.ts', "import type { IncomingMessage } from 'node:http'"],
      ['src/sandbox/testing.ts', 'fetch(url)'],
    ],
  },
  'types-off': {
    breaks: [
      ['src/server/a.ts', glue('const x: a', 'ny = 1')],
      ['src/server/a.ts', glue('foo(x as a', 'ny)')],
      ['src/server/a.ts', glue('// @ts-', 'ignore')],
    ],
    keeps: [['src/server/a.ts', "say('take any one')", 'const company: string = x']],
  },
  'skipped-test': {
    breaks: [
      ['src/a.test.ts', glue('test.', "only('x')")],
      ['src/a.test.ts', glue('test.', "skip('x')")],
    ],
    keeps: [
      ['src/a.test.ts', '// The network has no edit.', glue('test.', "skip('x')")],
      ['src/a.test.ts', "rows.only('x')"],
    ],
  },
  'mocked-house': {
    breaks: [['src/a.test.ts', glue('vi.', "mock('./b.ts')")]],
    keeps: [['src/a.test.ts', 'vi.waitFor(x)']],
  },
  'journal-writer': {
    breaks: [
      ['src/planner/posts/a.ts', "await db.insertInto('journal').values(x)"],
      ['src/planner/posts/a.ts', 'sql`insert into journal (at) values (now())`'],
    ],
    keeps: [
      ['src/planner/publishing/journal.ts', "db.insertInto('journal')"],
      ['src/planner/posts/a.ts', "db.selectFrom('journal')"],
    ],
  },
  'step-key': {
    breaks: [
      ['src/planner/a.ts', ".where('key', 'like', 'create%')"],
      ['src/planner/a.ts', 'const first = keys.find((k) => /^create(:|$)/.test(k))'],
      ['src/web/a.ts', "const [name] = key.split(':')"],
    ],
    keeps: [['src/planner/a.ts', ".where('name', '=', 'create')"]],
  },
  unfinished: { breaks: [['src/a.ts', glue('// TO', 'DO later')]], keeps: [['src/a.ts', 'const todo = []']] },
  'ui-text': {
    breaks: [
      ['src/web/a.tsx', '<b>Nothing is scheduled</b>'],
      ['src/web/a.tsx', '<input placeholder="Write something" />'],
    ],
    keeps: [
      ['src/web/a.tsx', "<b>{t('calendar.empty')}</b>"],
      ['src/web/a.tsx', 'const x: Promise<Foo> = a < b'],
    ],
  },
  length: {
    breaks: [['src/a.ts', ...Array<string>(501).fill('x')]],
    keeps: [
      ['src/a.ts', '// Long because it is one table.', ...Array<string>(501).fill('x')],
      ['src/b.ts', ...Array<string>(500).fill('x')],
    ],
  },
  'this-machine': {
    breaks: [
      ['README.md', glue('https://regis', 'try.npmjs.org/x')],
      ['src/a.ts', glue("'/ho", "me/ann/x'")],
      ['.ci/run', glue('cd /wo', 'rk/x')],
    ],
    keeps: [
      ['docs/a.md', 'a folder under /root can not be reached'],
      ['src/a.ts', "'/api/v1/workspaces'"],
      ['src/a.ts', "import x from '#platforms/registry/server.gen.ts'"],
    ],
  },
}

describe('the fences', () => {
  test('every fence is tried', () => expect(fences.map((f) => f.name).sort()).toEqual(Object.keys(tried).sort()))

  for (const [name, { breaks, keeps }] of Object.entries(tried)) {
    test(`${name}: what breaks it is named with its line and a remedy`, () => {
      for (const [path, ...lines] of breaks)
        expect(
          at(path, ...lines).filter((b) => b.startsWith(`${name}:`)),
          `${path}: ${lines[0]}`,
        ).not.toEqual([])
    })
    test(`${name}: what only looks like it passes`, () => {
      for (const [path, ...lines] of keeps)
        expect(
          at(path, ...lines).filter((b) => b.startsWith(`${name}:`)),
          `${path}: ${lines[0]}`,
        ).toEqual([])
    })
  }
})
