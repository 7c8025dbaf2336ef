/**
 * `npm run watch`: runs the tests of what is changed and not committed, and again at each save.
 *   npm run watch -- src/planner/posts    only below a folder
 */
import { install } from './setup/install.mjs'
import { onNewNode } from './setup/node.mjs'

await install()
if (!onNewNode(import.meta.url)) {
  const { startVitest } = await import('vitest/node')
  const filters = process.argv.slice(2)
  await startVitest('test', filters, { watch: true, ...(filters.length > 0 ? {} : { changed: true }) })
}
