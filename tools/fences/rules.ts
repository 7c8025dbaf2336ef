/** The fences: what no type and no import rule can see. Each looks at one file and says where it is broken and what to do. */

export type SourceFile = {
  /** Relative to the repository, with `/`. */
  path: string
  lines: readonly string[]
}

export type Fence = {
  name: string
  /** What to do instead; printed with every break. */
  remedy: string
  covers: (path: string) => boolean
  /** Line numbers (1-based) that break it. */
  breaks: (file: SourceFile, ids: readonly string[]) => number[]
}

const isTest = (path: string) =>
  /[.]test[.]tsx?$/.test(path) || /^src\/(infra|kit)\/testing\//.test(path) || path.startsWith('e2e/')
const isCode = (path: string) => /[.](ts|tsx|mjs|cjs|js)$/.test(path)
const isGenerated = (path: string) => /[.]gen[.]ts$/.test(path) || path.endsWith('package-lock.json')
const isSource = (path: string) => path.startsWith('src/') && isCode(path) && !isTest(path) && !isGenerated(path)
/** The browser has one clock and no engine: it may ask it what to show. */
const isBrowser = (path: string) => /^src\/(web|ui|kit\/web)\//.test(path) || /^src\/platforms\/[^/]+\/web\//.test(path)
const isPlatformClient = (path: string) =>
  /^src\/platforms\/(?!registry\/)[^/]+\/(?!sandbox\/|web\/)/.test(path) && isSource(path)

/** The line without what is only said: comments. Good enough for lines as Biome writes them. */
const code = (line: string) =>
  /^\s*(\/\/|\/?\*)/.test(line) ? '' : line.replace(/\s\/\/\s.*$/, '').replace(/\/\*.*?\*\//g, '')
const where = (file: SourceFile, hit: (line: string, index: number) => boolean) =>
  file.lines.flatMap((line, i) => (hit(line, i) ? [i + 1] : []))
const inCode = (pattern: RegExp) => (file: SourceFile) => where(file, (line) => pattern.test(code(line)))
const anywhere = (pattern: RegExp) => (file: SourceFile) => where(file, (line) => pattern.test(line))

const explained = (file: SourceFile, i: number) =>
  [file.lines[i], file.lines[i - 1]].some((line) => /\/\/\s*\S+\s+\S+/.test(line ?? '')) ||
  /skip(If)?\([^)]*['"`][^'"`]{8,}/.test(file.lines[i] ?? '')

export const fences: readonly Fence[] = [
  {
    name: 'platform-id',
    remedy:
      'Only the folder of a platform knows its name. Say what is true of it in spec.ts (a limit, a `can`) and ask the spec.',
    covers: (path) =>
      (/^(src|tools|bench)\//.test(path) ? isCode(path) : path.startsWith('migrations/')) &&
      !isTest(path) &&
      !isGenerated(path),
    breaks: (file, ids) => {
      const foreign = ids.filter((id) => !file.path.startsWith(`src/platforms/${id}/`))
      if (foreign.length === 0) return []
      const quoted = new RegExp(`(['"\`])(${foreign.join('|')})\\1`)
      return inCode(quoted)(file)
    },
  },
  {
    name: 'environment',
    remedy: 'Add the setting to src/infra/config.ts and take it as an argument.',
    covers: (path) => isSource(path) && path !== 'src/infra/config.ts',
    breaks: inCode(/\bprocess[.]env\b|\bimport[.]meta[.]env\b/),
  },
  {
    name: 'time',
    remedy: 'Take a Clock (src/infra/clock.ts) as an argument; in a platform use t.now().',
    covers: (path) => isSource(path) && path !== 'src/infra/clock.ts' && !isBrowser(path),
    breaks: inCode(/\bDate[.]now\b|\bnew Date\(\s*\)/),
  },
  {
    name: 'waiting',
    remedy: 'Only the engine waits and retries. Return notYet(ms, why), or throw a failure that says what happened.',
    covers: isPlatformClient,
    breaks: inCode(/\bset(Timeout|Interval|Immediate)\(|[.]sleep\(/),
  },
  {
    name: 'network',
    remedy: 'Call t.http: it maps the realm, times out, redacts and sorts the answer.',
    covers: isPlatformClient,
    breaks: inCode(/(?<![.\w])fetch\(/),
  },
  {
    name: 'unguarded-fetch',
    remedy:
      'An address somebody named goes through infra/guard.ts (in an imitation: world.fetch); one from our own configuration through kit/client/send.ts. Both are handed in.',
    covers: (path) =>
      isSource(path) &&
      !isBrowser(path) &&
      !/^src\/(infra|kit\/client)\//.test(path) &&
      !/(^|\/)testing([.]ts$|\/)/.test(path),
    breaks: inCode(
      /(?<![.\w])fetch\(|(\?\?|\|\||=>|[=(,[]|\w:)\s*(globalThis[.])?fetch\b(?!\s*[:(?.=},|\]]|\w)|globalThis[.]fetch|import (?!type).*(\b(request|get|Agent)\b|\*|^import \w).*from 'node:https?'|from 'undici'/,
    ),
  },
  {
    name: 'sandbox-notice',
    remedy:
      'Say it with a function of kit/sandbox/notices.ts: its words are closed, its names are cut, values never enter.',
    covers: (path) => isSource(path) && path !== 'src/kit/sandbox/notices.ts',
    breaks: inCode(/[.]notice\(/),
  },
  {
    name: 'types-off',
    remedy: 'Parse with zod, narrow, or use unknown.',
    covers: isCode,
    breaks: (file) => [
      ...inCode(/(:|\bas|<|\||,)\s*any\b(?!\s*['"`])\s*([;,)>=[\]|]|$)/)(file),
      ...anywhere(/@ts-(ignore|nocheck|expect-error)/)(file),
    ],
  },
  {
    name: 'skipped-test',
    remedy: 'Run it, or say the reason in a comment on the line or above it.',
    covers: (path) => isTest(path) || /[.]test[.]/.test(path),
    breaks: (file) =>
      where(
        file,
        (line, i) =>
          /\b(it|test|describe|suite)[.](only|todo)\b/.test(code(line)) ||
          (/\b(it|test|describe|suite|ctx|context)[.](skip|fails)\b|[.](skipIf|runIf)\((true|false|[01])/.test(
            code(line),
          ) &&
            !explained(file, i)),
      ),
  },
  {
    name: 'mocked-house',
    remedy: 'Drive the real code against the sandbox. A fake stands only where a network would.',
    covers: (path) => isTest(path) && isCode(path),
    breaks: inCode(/\bvi[.](mock|doMock|spyOn|stubGlobal)\(/),
  },
  {
    name: 'journal-writer',
    remedy: 'Write the line with planner/publishing/journal.ts, and add its word to contract/journal.ts.',
    covers: (path) => isSource(path) && path !== 'src/planner/publishing/journal.ts',
    breaks: inCode(/insertInto\('journal'\)|insert into journal\b/),
  },
  {
    name: 'step-key',
    remedy: 'Ask the column steps.name, or readStepKey of contract/steps.ts: a key is taken apart in one place.',
    covers: (path) => isSource(path) && path !== 'src/contract/steps.ts',
    breaks: inCode(
      /\blike'?,? '(prepare|upload|process|create|comment|finish)|\^\(?(\?:)?(prepare|upload|process|create|comment|finish)\b.*\(?:|\bkey[.]split\(':'\)/,
    ),
  },
  {
    name: 'unfinished',
    remedy: 'Do it, or write it into an issue.',
    covers: (path) => isCode(path) || path.endsWith('.sql') || path.endsWith('.md'),
    breaks: anywhere(new RegExp(`\\b(${['TO', 'FIX', 'XX'].map((w, i) => w + ['DO', 'ME', 'X'][i]).join('|')})\\b`)),
  },
  {
    name: 'only-when-configured',
    remedy:
      'It costs memory and start time of everybody who does not use it: import its types, and itself with `await import`.',
    covers: isSource,
    breaks: inCode(/^import (?!type\b).*from '@aws-sdk\//),
  },
  {
    name: 'ui-text',
    remedy: 'Put the words into the catalogues (en and pl) and show them with t(...).',
    covers: (path) => /^src\/(web|ui)\/.*[.]tsx$/.test(path) && !isTest(path),
    breaks: inCode(/>\s*[A-Z]?[a-z]+( [a-z]+)+[.!?…]?\s*<\/|\s(placeholder|title|aria-label|alt)="[A-Z][a-z]+ [a-z]/),
  },
  {
    name: 'length',
    remedy: 'Over 500 lines: split it by what it does, or say in its head why it is long.',
    covers: (path) => (isCode(path) || path.endsWith('.sql')) && !isGenerated(path) && path !== 'schema.sql',
    breaks: (file) =>
      file.lines.length > 500 &&
      !file.lines.slice(0, 10).some((line) => /^\s*(\/\/|\/?\*|--)/.test(line) && /\b(long|lines)\b/i.test(line))
        ? [501]
        : [],
  },
  {
    name: 'this-machine',
    remedy:
      'Paths are relative to the repository or come from the configuration; packages come from whatever registry npm is set to.',
    covers: (path) => !path.startsWith('tools/fences'),
    breaks: anywhere(
      /\bregistry[.](npmjs|yarnpkg|npmmirror)[.]|\bregistry[.][a-z0-9-]+[.](com|net|org|io|internal)\b|(?<![\w.])\/(work\/\w|root\/\w|home\/(?!node\b)\w|Users\/\w)/,
    ),
  },
]

export type Break = { path: string; line: number; fence: string; remedy: string }

/** Every break of every fence, in the order of the files. `ids` are the platform ids. Pure. */
export const breaksOf = (files: readonly SourceFile[], ids: readonly string[]): Break[] =>
  files.flatMap((file) =>
    fences
      .filter((fence) => fence.covers(file.path))
      .flatMap((fence) =>
        fence.breaks(file, ids).map((line) => ({ path: file.path, line, fence: fence.name, remedy: fence.remedy })),
      ),
  )
