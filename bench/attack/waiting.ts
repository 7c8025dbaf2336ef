/** How long others wait while an attack runs. */

/** The longest `look` of somebody else (ms), taken again and again, `everyMs` apart, until `work` has ended. */
export const slowestWhile = async (
  work: Promise<unknown>,
  look: () => Promise<unknown>,
  everyMs = 50,
): Promise<number> => {
  let running = true
  let worst = 0
  const ended = work.finally(() => {
    running = false
  })
  while (running) {
    const begun = performance.now()
    await look()
    worst = Math.max(worst, performance.now() - begun)
    await new Promise((r) => setTimeout(r, everyMs))
  }
  await ended
  return worst
}
