/**
 * `npm test`: every ring of tests, on a fresh clone too. Prints a table and ends with one line, `N passed, N failed`.
 *   npm test -- <ring> ...    only these rings
 * With CI=true a ring whose browser or server cannot be installed fails; elsewhere it is skipped and the reason printed.
 */
import { install } from './setup/install.mjs'
import { onNewNode } from './setup/node.mjs'

await install()
if (!onNewNode(import.meta.url)) await import('./test/main.mjs')
