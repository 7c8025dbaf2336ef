/** Preflight findings in the person's language: by kind and params, else the rule's own English sentence. */

import { maybe, type Params, type T } from '../i18n/index.ts'
import { formatBytes } from './bytes.ts'

type Finding = { kind: string; message: string; remedy: string; params: Params }

const sized = new Set(['image.bytes', 'video.bytes'])

export const findingText = (t: T, finding: Finding): { message: string; remedy: string } => {
  const params = sized.has(finding.kind)
    ? {
        ...finding.params,
        limit: formatBytes(Number(finding.params.limit)),
        actual: formatBytes(Number(finding.params.actual)),
      }
    : finding.params
  const single = finding.kind === 'thread.length' && finding.params.limit === 1 ? '.none' : ''
  return {
    message: maybe(t, `preflight.${finding.kind}${single}`, params) ?? finding.message,
    remedy: maybe(t, `preflight.${finding.kind}${single}.fix`, params) ?? finding.remedy,
  }
}
