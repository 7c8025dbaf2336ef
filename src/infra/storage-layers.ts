/**
 * Two storages as one, while files move from one to the other (and afterwards, at no cost): everything new goes to the first,
 * what is not there yet is read from the second. So files may be moved while Clarion runs, and nothing waits for it.
 */
import { NotStored, type Storage } from './storage.ts'

export const layered = (first: Storage, second: Storage): Storage => {
  /** Asks the first; the second where it is not there, and the first once more: it may have moved in between. */
  const either = async <T>(ask: (storage: Storage) => Promise<T>): Promise<T> => {
    for (const storage of [first, second]) {
      try {
        return await ask(storage)
      } catch (error) {
        if (!(error instanceof NotStored)) throw error
      }
    }
    return ask(first)
  }
  const size = async (key: string) => (await first.size(key)) ?? (await second.size(key)) ?? (await first.size(key))
  return {
    put: first.put,
    putStream: first.putStream,
    make: first.make,
    blob: (key, hold, mime) => either((s) => s.blob(key, hold, mime)),
    local: (key, hold) => either((s) => s.local(key, hold)),
    read: (key) => either((s) => s.read(key)),
    stream: (key, range) => either((s) => s.stream(key, range)),
    size,
    move: (from, to, about) => either((s) => s.move(from, to, about)),
    remove: async (key) => {
      await Promise.all([first.remove(key), second.remove(key)])
    },
    sweep: async (prefix, olderThanMs) =>
      (await first.sweep(prefix, olderThanMs)) + (await second.sweep(prefix, olderThanMs)),
    list: async function* () {
      const seen = new Set<string>()
      for (const storage of [first, second])
        for await (const stored of storage.list()) {
          if (seen.has(stored.key)) continue
          seen.add(stored.key)
          yield stored
        }
    },
    link: async (key, o) => {
      // Asked for an address that others will open, so it has to be there already.
      if ((await first.size(key)) !== undefined) return first.link(key, o)
      return (await second.size(key)) !== undefined ? second.link(key, o) : null
    },
    handsOut: first.handsOut,
    trouble: first.trouble,
  }
}
