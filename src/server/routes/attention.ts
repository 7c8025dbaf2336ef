/** The door of what needs a person. */
import type { AttentionOf } from '#planner/attention/service.ts'
import type { Bind } from '../bind.ts'

export const registerAttention = (bind: Bind, { attention }: { attention: AttentionOf }): void =>
  void bind('attentionGet', (_, ctx) => attention.read(ctx.ws!.id))
