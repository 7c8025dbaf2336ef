/** Pictures that move: what a network shows moving, and the rule for what it does not. Pure. */
import type { DraftMedia } from './draft.ts'
import type { Rule, Taken } from './media-rule.ts'
import type { ImageLimits } from './spec.ts'

/** Will the picture go out moving, as it came? False for one that stands still. */
export const goesMoving = ({ item, limits: { animation: l } }: Taken<ImageLimits>): boolean => {
  const frames = item.facts?.frames ?? 1
  if (!l || frames < 2 || !l.types.includes(item.mime) || item.bytes > l.maxBytes) return false
  const { width, height } = sides(item)
  return (
    width <= (l.maxWidth ?? Infinity) &&
    height <= (l.maxHeight ?? Infinity) &&
    frames <= (l.maxFrames ?? Infinity) &&
    width * height * frames <= (l.maxPixels ?? Infinity)
  )
}
const sides = ({ width, height }: DraftMedia) => ({ width: width ?? 0, height: height ?? 0 })

/** Motion is not lost without a word: it stops the post until the person accepts that (`acceptable` of the contract). */
export const ofMotion: readonly Rule<Taken<ImageLimits>>[] = [
  {
    kind: 'image.still',
    says: '{platform} shows only the first frame of this moving picture ({frames} frames): it will not move.',
    fix: 'Use a video, or accept that it stands still.',
    broken: (x) => {
      const frames = x.item.facts?.frames ?? 1
      return frames > 1 && !goesMoving(x) ? { frames } : undefined
    },
  },
]
