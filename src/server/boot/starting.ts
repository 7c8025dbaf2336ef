/** What answers while the house is being opened: alive, not ready, and a page that says how far it is and loads itself again. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { problems } from '#contract/problems.ts'

const page = (
  line: string,
) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="2"><title>Clarion is starting</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:20vh auto;padding:0 1rem}</style></head>
<body><main><h1>Clarion is starting</h1><p role="status">${line.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)} &hellip;</p></main></body></html>
`

export type Stage = {
  /** Says what is being done now; shown on the page. */
  say: (line: string) => void
  handler: (req: IncomingMessage, res: ServerResponse) => void
}

/** The handler of a server that is `what` (starting or stopping); every answer says to come back in a second. */
export const stage = (what: 'starting' | 'stopping'): Stage => {
  let line: string = what
  return {
    say: (next) => {
      line = next
    },
    handler: (req, res) => {
      const path = (req.url ?? '/').split('?')[0]!
      const head = { 'cache-control': 'no-store', 'retry-after': '1', connection: 'close' }
      if (path === '/health/live')
        return void res.writeHead(200, { ...head, 'content-type': 'application/json' }).end('{"ok":true}')
      const html = req.method === 'GET' && /text\/html/.test(req.headers.accept ?? '')
      if (html) return void res.writeHead(503, { ...head, 'content-type': 'text/html; charset=utf-8' }).end(page(line))
      const { status, title, fix } = problems.starting
      const body = {
        type: '/docs/problems#starting',
        code: 'starting',
        title: what === 'starting' ? title : 'Clarion is stopping',
        status,
        detail: line,
        fix,
      }
      res.writeHead(status, { ...head, 'content-type': 'application/problem+json' }).end(JSON.stringify(body))
    },
  }
}
