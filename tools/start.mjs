/**
 * `npm start`: on a fresh clone installs the packages and builds the web app, then runs the server under Node 24.
 * Flags go to the server: `npm start -- --port 8080 --data /var/lib/clarion --host 0.0.0.0`.
 */
import { join } from 'node:path'
import { build } from './setup/build.mjs'
import { install, root } from './setup/install.mjs'
import { become, findNode } from './setup/node.mjs'

await install()
const node = findNode()
await build(node)
// People watch this terminal; a service manager gets JSON lines.
if (process.stdout.isTTY && !process.env.CLARION_LOG_FORMAT) process.env.CLARION_LOG_FORMAT = 'text'
become(node, [join(root, 'src/server/main.ts'), ...process.argv.slice(2)])
