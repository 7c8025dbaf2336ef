/** Text on {{name}}: counted in graphemes, which the kit can do. Links and mentions belong here too. Pure. */
import { textRules } from '#kit/facts/text.ts'

export const text = textRules('graphemes')
