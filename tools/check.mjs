/** `npm run check`: types, lint, walls, unused exports, fences, generated files and the pure tests, at the same time; under a minute. */
import { install } from './setup/install.mjs'
import { onNewNode } from './setup/node.mjs'

await install()
if (!onNewNode(import.meta.url)) await import('./check/main.mjs')
