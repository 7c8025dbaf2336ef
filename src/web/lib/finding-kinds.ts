/** What a finding is about, by its kind alone. */

/** Kinds about what was written and added; everything else is about a channel's settings. */
export const aboutContent = /^(text|thread|alt|media|image|video|document|comment)\b/
/** Is this something to be put right among the channel's settings? Then scheduling leads there. */
export const wantsChoice = (finding: { kind: string; level: string }): boolean =>
  finding.level === 'error' && !aboutContent.test(finding.kind)

/**
 * What a platform calls the setting at this path (`userTags.0.username`, `poll.options.1`): its own word, else that of
 * the group it is in. Undefined where there is none.
 */
export const settingName = (words: Readonly<Record<string, string>>, path: string): string | undefined => {
  const parts = path.split('.').filter((part) => !/^\d+$/.test(part))
  for (let n = parts.length; n > 0; n--) {
    const word = words[parts.slice(0, n).join('.')]
    if (word !== undefined) return word
  }
  return undefined
}
