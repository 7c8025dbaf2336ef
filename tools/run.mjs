/** `node tools/run.mjs <script.ts> [arguments]`: makes sure of the packages, then runs a TypeScript file under Node 24. */
import { resolve } from 'node:path'
import { install } from './setup/install.mjs'
import { become, findNode } from './setup/node.mjs'

const [script, ...args] = process.argv.slice(2)
if (!script) {
  console.error('Usage: node tools/run.mjs <script.ts> [arguments]')
  process.exit(2)
}
await install()
become(findNode(), [resolve(script), ...args])
