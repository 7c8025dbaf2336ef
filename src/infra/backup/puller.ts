/** Takes bytes from a stream by count, holding no more than was asked for and the piece that came last. */
type Puller = {
  /** So many bytes; fewer only at the end. */
  take: (bytes: number) => Promise<Buffer>
  /** Up to the next line feed, without it; undefined when there is none within `most` bytes. */
  line: (most: number) => Promise<string | undefined>
  /** Lets the source go. */
  close: () => Promise<void>
}

export const createPuller = (source: AsyncIterable<Uint8Array>): Puller => {
  const more = source[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array(0)
  const take = async (bytes: number): Promise<Buffer> => {
    const whole = Buffer.allocUnsafe(bytes)
    let filled = 0
    while (filled < bytes) {
      if (rest.length === 0) {
        const next = await more.next()
        if (next.done) break
        rest = next.value
        continue
      }
      const piece = rest.subarray(0, bytes - filled)
      whole.set(piece, filled)
      filled += piece.length
      rest = rest.subarray(piece.length)
    }
    return whole.subarray(0, filled)
  }
  return {
    take,
    line: async (most) => {
      let text = ''
      while (text.length < most) {
        const byte = await take(1)
        if (byte.length === 0) return undefined
        if (byte[0] === 10) return text
        text += byte.toString('latin1')
      }
      return undefined
    },
    close: async () => void (await more.return?.()),
  }
}
