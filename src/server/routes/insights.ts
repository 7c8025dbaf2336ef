/** Doors of insights: what networks count about posts and accounts. */
import type { Insights } from '#planner/insights/service.ts'
import type { Bind } from '../bind.ts'

export type InsightsDoorDeps = { insights: Insights }

export const registerInsights = (bind: Bind, { insights }: InsightsDoorDeps): void => {
  bind('publicationInsights', ({ params }, ctx) => insights.publication(ctx.ws!.id, params.id))
  bind('publicationInsightsNow', ({ params }, ctx) => insights.askNow(ctx.ws!.id, params.id))
  bind('channelInsights', ({ params }, ctx) => insights.channel(ctx.ws!.id, params.id))
}
