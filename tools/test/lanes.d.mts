export const inLanes: <T extends { name: string; after?: readonly string[] }>(
  items: readonly T[],
  o: {
    lanes: number
    ready?: (item: T) => boolean
    changed?: () => Promise<unknown>
    run: (item: T) => Promise<void>
  },
) => Promise<void>
