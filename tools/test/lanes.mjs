/** Runs things that wait for each other, a few at a time. */

/**
 * Begins `items` in their order, at most `lanes` at once: an item begins when those of `items` it names in `after` are over
 * and it is `ready`. When everything that could begin waits for `ready`, the first of them is begun all the same if
 * nothing runs, and waits itself. `changed`: resolves when `ready` may answer differently.
 */
export const inLanes = async (
  items,
  { lanes, ready = () => true, changed = () => new Promise(() => undefined), run },
) => {
  const names = new Set(items.map((item) => item.name))
  const over = new Set()
  const left = [...items]
  const running = new Map()
  while (left.length > 0 || running.size > 0) {
    const free = left.filter((item) => (item.after ?? []).every((name) => over.has(name) || !names.has(name)))
    const next = running.size < lanes ? (free.find(ready) ?? (running.size === 0 ? free[0] : undefined)) : undefined
    if (next) {
      left.splice(left.indexOf(next), 1)
      running.set(
        next.name,
        run(next).finally(() => {
          over.add(next.name)
          running.delete(next.name)
        }),
      )
    } else if (running.size === 0) throw new Error(`nothing can begin: ${left.map((item) => item.name).join(', ')}`)
    else await Promise.race([...running.values(), ...(free.some((item) => !ready(item)) ? [changed()] : [])])
  }
}
