// biome-ignore-all lint/suspicious/noArrayIndexKey: a guide never changes while it is shown
// biome-ignore-all lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard
// biome-ignore-all lint/a11y/useSemanticElements: heading levels are computed; a scrolling table is a region
/**
 * Draws the platforms' setup guides: headings, paragraphs, lists, tables, code, bold and links. Makes React elements,
 * never HTML, so a guide can inject nothing; only http(s) links become links.
 */
import type { ReactNode } from 'react'

const inlinePattern =
  /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)|<(https?:\/\/[^>]+)>|(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\w*])/g

export const inline = (text: string): ReactNode[] => {
  const out: ReactNode[] = []
  let at = 0
  for (const m of text.matchAll(inlinePattern)) {
    if (m.index > at) out.push(text.slice(at, m.index))
    const [all, code, bold, label, href, bare, emphasis] = m
    const url = href ?? bare
    if (code)
      out.push(
        <code key={m.index} className="rounded bg-sunken px-1 py-0.5 text-[0.85em] break-words">
          {code}
        </code>,
      )
    else if (bold) out.push(<strong key={m.index}>{inline(bold)}</strong>)
    else if (emphasis) out.push(<em key={m.index}>{inline(emphasis)}</em>)
    else if (url && /^https?:/.test(url))
      out.push(
        <a
          key={m.index}
          href={url}
          target="_blank"
          rel="noreferrer"
          className="break-words text-accent-ink underline underline-offset-2"
        >
          {label ?? url}
        </a>,
      )
    else out.push(label ?? all)
    at = m.index + all.length
  }
  if (at < text.length) out.push(text.slice(at))
  return out
}

type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'p'; text: string }
  /** `start`: the number of its first item; bullets between numbers do not begin the count anew. */
  | { kind: 'list'; ordered: boolean; start: number; items: string[] }
  | { kind: 'code'; text: string }
  | { kind: 'table'; rows: string[][] }

const cells = (line: string) =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((c) => c.trim())

/** Cuts Markdown into blocks. Unknown syntax stays text. */
export const blocks = (source: string): Block[] => {
  const lines = source.split('\n')
  const out: Block[] = []
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    const heading = /^(#{1,6})\s+(.*)$/.exec(line)
    const item = /^\s*(?:[-*]|(\d+)\.)\s+(.*)$/.exec(line)
    if (!line.trim() || line.startsWith('---')) continue
    if (heading) out.push({ kind: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' })
    else if (line.startsWith('```')) {
      const code: string[] = []
      for (i++; i < lines.length && !lines[i]?.startsWith('```'); i++) code.push(lines[i] ?? '')
      out.push({ kind: 'code', text: code.join('\n') })
    } else if (line.trim().startsWith('|')) {
      const rows: string[][] = []
      for (; i < lines.length && lines[i]?.trim().startsWith('|'); i++)
        if (!/^[\s|:-]+$/.test(lines[i] ?? '')) rows.push(cells(lines[i] ?? ''))
      i--
      out.push({ kind: 'table', rows })
    } else if (item) {
      const ordered = item[1] !== undefined
      const last = out.at(-1)
      if (last?.kind === 'list' && last.ordered === ordered && lines[i - 1]?.trim()) last.items.push(item[2] ?? '')
      else out.push({ kind: 'list', ordered, start: Number(item[1] ?? 1), items: [item[2] ?? ''] })
    } else {
      const last = out.at(-1)
      const glued = Boolean(lines[i - 1]?.trim())
      if (glued && last?.kind === 'p') last.text += ` ${line.trim()}`
      else if (glued && last?.kind === 'list') last.items.push(`${last.items.pop() ?? ''} ${line.trim()}`)
      else out.push({ kind: 'p', text: line.trim() })
    }
  }
  return out
}

const draw = (block: Block, key: number): ReactNode => {
  switch (block.kind) {
    case 'heading':
      return (
        <p key={key} role="heading" aria-level={Math.min(6, block.level + 2)} className="mt-4 font-semibold first:mt-0">
          {inline(block.text)}
        </p>
      )
    case 'p':
      return <p key={key}>{inline(block.text)}</p>
    case 'code':
      return (
        <pre key={key} className="overflow-x-auto rounded-lg bg-sunken p-3 text-xs" tabIndex={0}>
          {block.text}
        </pre>
      )
    case 'list': {
      const items = block.items.map((text, n) => <li key={n}>{inline(text)}</li>)
      return block.ordered ? (
        <ol key={key} start={block.start} className="list-decimal space-y-1 pl-5">
          {items}
        </ol>
      ) : (
        <ul key={key} className="list-disc space-y-1 pl-5">
          {items}
        </ul>
      )
    }
    case 'table':
      return (
        <div key={key} className="overflow-x-auto" tabIndex={0} role="region" aria-label={block.rows[0]?.join(', ')}>
          <table className="w-full text-left text-sm">
            <tbody>
              {block.rows.map((row, r) => (
                <tr key={r} className="border-b border-line last:border-0">
                  {row.map((cell, c) => (
                    <td key={c} className={r === 0 ? 'py-1.5 pr-4 font-semibold' : 'py-1.5 pr-4 align-top'}>
                      {inline(cell)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )
  }
}

export const Markdown = ({ source }: { source: string }) => (
  <div className="space-y-2.5 text-sm leading-relaxed">{blocks(source).map(draw)}</div>
)
