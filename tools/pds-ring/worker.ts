/** A worker process for the test of the real server: publishes what is due until it is killed. Options as JSON in argv. */
import platform from '#platforms/bluesky/index.ts'
import { openRing, type RingOptions } from './clarion.ts'

const options: RingOptions = JSON.parse(process.argv[2] ?? '{}')
const { publishing } = await openRing(options, platform)
await publishing.start()
// Our parent holds the other end: when it is gone, so are we.
process.stdin.on('end', () => process.exit(0)).resume()
console.log('working')
