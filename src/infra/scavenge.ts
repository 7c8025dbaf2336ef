/**
 * Keeps memory flat while gigabytes pass through in small buffers. Each buffer is garbage as soon as it is on its way, but
 * V8 collects what lies outside its heap only after some 64 MB of it, or when its own new space is full - and a stream of
 * buffers makes few objects. A scavenge every few megabytes takes about a millisecond and gives them back at once.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes that may lie around between two scavenges. */
const every = 2_000_000
let since = 0
let scavenge: (() => void) | undefined

/** The only way to V8's collector without a flag at the start of the process. */
const collector = (): (() => void) => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as (o: { type: 'minor'; execution: 'sync' }) => void
  return () => gc({ type: 'minor', execution: 'sync' })
}

/** To be told of bytes that passed through in buffers nobody holds any more. */
export const passed = (bytes: number): void => {
  since += bytes
  if (since < every) return
  since = 0
  scavenge ??= collector()
  scavenge()
}
