/**
 * What was brought to this machine's disk for some work stays there until that work is over: a cache must not give up a
 * file that somebody reads. Whoever opens a file says in which hold; the hold's owner releases all of it at once.
 */

/** Notes what is to be let go when the work is over. */
export type Hold = (release: () => void) => void

/** A hold for work that ends elsewhere than it begins. What is noted after the end is let go at once. */
export const createHold = (): { hold: Hold; release: () => void } => {
  const held: (() => void)[] = []
  let over = false
  return {
    hold: (release) => {
      if (over) release()
      else held.push(release)
    },
    release: () => {
      over = true
      for (const release of held.splice(0)) release()
    },
  }
}

/** The same for one function: what it opened is held until it has ended, however it ends. */
export const holding = async <T>(work: (hold: Hold) => Promise<T>): Promise<T> => {
  const { hold, release } = createHold()
  try {
    return await work(hold)
  } finally {
    release()
  }
}
