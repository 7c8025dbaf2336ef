/** What a finding is about, by its kind alone. */

/** Kinds about what was written and added; everything else is about a channel's settings. */
export const aboutContent = /^(text|thread|alt|media|image|video|document|comment)\b/
/** Is this something to be put right among the channel's settings? Then scheduling leads there. */
export const wantsChoice = (finding: { kind: string; level: string }): boolean =>
  finding.level === 'error' && !aboutContent.test(finding.kind)
