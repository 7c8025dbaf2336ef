/** The demo's terminal: a table redrawn in place on a terminal, lines as they change elsewhere. */
import process from 'node:process'
import type { PublicationDetail } from '#contract/posts.ts'

type Row = { platform: string; publication: PublicationDetail }
export type Screen = {
  say: (line: string) => void
  /** What is being waited for; shown once per wording. */
  progress: (line: string) => void
  table: (rows: Row[], msLeft: number, last?: boolean) => void
}

const marks: Record<string, string> = { planned: '·', begun: '▸', done: '✓', unknown: '?', refused: '×' }
const words: Record<string, string> = {
  scheduled: 'waits for its time',
  publishing: 'publishing',
  waiting: 'waiting',
  published: 'published',
}

/** `plain`: no redrawing; everything goes to stderr so that stdout carries only the result. */
export const createScreen = ({ plain }: { plain: boolean }): Screen => {
  const out = plain ? process.stderr : process.stdout
  let drawn = 0
  let told = ''
  let lastProgress = ''
  const lines = (rows: Row[]) =>
    rows.map(({ platform, publication: p }) => {
      const total = p.steps.length
      const done = p.steps.filter((s) => s.state === 'done').length
      const bar = total === 0 ? ''.padEnd(10, '░') : '█'.repeat(Math.round((done / total) * 10)).padEnd(10, '░')
      const steps = p.steps.map((s) => `${marks[s.state] ?? ' '} ${s.key}`).join('  ')
      const lateness = p.latenessMs === null ? '' : `${p.latenessMs} ms late`
      return `  ${platform.padEnd(16)} ${bar} ${(words[p.state] ?? p.state).padEnd(18)} ${lateness.padEnd(12)} ${steps || (p.message ?? '')}`
    })
  return {
    say: (line) => void out.write(`${line}\n`),
    progress: (line) => {
      if (line !== lastProgress) out.write(`  ${line} …\n`)
      lastProgress = line
    },
    table: (rows, msLeft, last = false) => {
      const body = lines(rows)
      if (plain) {
        const now = body.join('\n')
        if (now !== told) out.write(`${now}\n`)
        told = now
        return
      }
      const head = last ? '  done' : msLeft > 0 ? `  due in ${(msLeft / 1000).toFixed(1)} s` : '  due'
      if (drawn > 0) out.write(`\u001b[${drawn}A`)
      for (const l of [head, ...body]) out.write(`\u001b[2K${l.slice(0, (process.stdout.columns ?? 120) - 1)}\n`)
      drawn = body.length + 1
    },
  }
}
