/**
 * `npm run dev`: Clarion with the sandbox on, filled with something to look at, changing as you edit.
 *   the web app   Vite with hot reload at http://localhost:4400 (CLARION_PORT), which passes the API on to
 *   the server    port 4401 (the next one), started again by Node when a file it uses changes
 * Data lies in .cache/dev; delete that folder to begin anew. Sign in with what is printed.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { install, root } from './setup/install.mjs'
import { findNode, onNewNode } from './setup/node.mjs'

await install()
if (!onNewNode(import.meta.url)) {
  const port = Number(process.env.CLARION_PORT || process.env.PORT || 4400)
  const url = `http://localhost:${port}`
  const api = `http://127.0.0.1:${port + 1}`
  const data = process.env.CLARION_DATA_DIR || join(root, '.cache/dev')

  const server = spawn(
    findNode(),
    [
      '--watch',
      '--watch-preserve-output',
      join(root, 'src/server/main.ts'),
      '--port',
      String(port + 1),
      '--data',
      data,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      // Links, OAuth callbacks and cookies belong to the address people look at.
      env: {
        CLARION_LOG_FORMAT: 'text',
        ...process.env,
        CLARION_URL: process.env.CLARION_URL || url,
        CLARION_PORT: '',
      },
    },
  )
  let leaving = false
  const leave = async (code) => {
    if (leaving) return
    leaving = true
    server.kill('SIGTERM')
    await web?.close()
    if (server.exitCode === null && server.signalCode === null) await new Promise((done) => server.once('exit', done))
    process.exit(code)
  }
  let web
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void leave(0))
  server.once('exit', (code) => void leave(code ?? 1))

  const { createServer } = await import('vite')
  const pass = { target: api, changeOrigin: false, ws: true }
  // Not `/api` whole: the web app's own sources lie below `/api/` too (src/web/api).
  const doors = ['/api/v1', '/api/auth', '/oauth', '/webhooks', '/media']
  const paths = [...doors, '/sandbox', '/docs', '/openapi.json', '/health', '/metrics']
  web = await createServer({
    configFile: join(root, 'vite.config.ts'),
    server: {
      host: '127.0.0.1',
      port,
      strictPort: true,
      // Sources are below src/web and beside it.
      fs: { allow: [root] },
      proxy: Object.fromEntries(paths.map((path) => [`^${path.replace('.', '\\.')}(/|$|\\?)`, pass])),
    },
  })
  await web.listen()

  const { seed } = await import('./setup/seed.mjs')
  await seed(api, url, data).catch((error) => console.error(`The example data could not be made: ${error.message}`))
  console.log(`\nThe web app, with hot reload: ${url}\n`)
}
