/** Which media a token may see now. */
import { missingObject } from '../../families/meta/sandbox/envelope.ts'
import type { Call } from './door.ts'
import { storyLifeMs } from './numbers.ts'
import { type IgWorld, type Media, storyOver } from './state.ts'

/** Is it to be seen now? Stories end after a day. */
export const shown = (world: IgWorld, m: Media): boolean => !m.deleted && !storyOver(world, m, storyLifeMs)

/** The media, or 100/33. */
export const mediaIn = (world: IgWorld, c: Call, id: string | undefined): Media => {
  const m = world.state.media.find((x) => x.id === id)
  return m && shown(world, m) && c.accounts.some((a) => a.id === m.account) ? m : missingObject(id ?? '')
}
