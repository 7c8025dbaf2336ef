/** `docs/permissions.md`: who may use which address, drawn from the route table that the server decides by. */
import { roles } from '../../src/contract/common.ts'
import { scopes } from '../../src/contract/people.ts'
import { type Route, rawRoutes, routes } from '../../src/contract/routes.ts'
import { atLeast, powersOf } from '../../src/planner/people/rules.ts'

type Row = Pick<Route, 'method' | 'path' | 'summary' | 'access'>

const line = (cells: readonly string[]) => `| ${cells.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')

const cells = ({ method, path, summary, access }: Row): string[] => {
  const where = `\`${method} ${path.replace('/api/v1/workspaces/:ws', '…')}\``
  if (access === 'public') return [where, summary, 'nobody signed in', 'none needed']
  if (access === 'user') return [where, summary, 'any session', 'keys may not']
  if (access.person) return [where, summary, access.role, 'keys may not']
  const publish = access.publish && `, and \`publish\` ${access.publish}`
  return [where, summary, access.role, `\`${access.scope}\`${publish ?? ''}`]
}

export const permissions = (): string => {
  const nouns = Map.groupBy(Object.values(routes) as Route[], (r) => r.noun)
  const sections = [...nouns].map(([noun, list]) => ({ noun, list: list as Row[] }))
  sections.push({ noun: 'streams and bytes', list: Object.values(rawRoutes) })
  const count = (role: (typeof roles)[number]) =>
    (Object.values(routes) as Route[]).filter((r) => typeof r.access === 'object' && atLeast(role, r.access.role))
      .length
  return `# Permissions

<!-- Written by \`npm run gen\` from src/contract/routes.ts; do not edit. -->

People have one role in each workspace; an API key has scopes, belongs to one workspace, and acts with at most the present
role of the person who made it. A workspace that is not yours answers \`not-found\`, whatever you ask of it.
\`…\` stands for \`/api/v1/workspaces/:ws\`.

${table(
  ['Role', 'Addresses of a workspace', ...scopes.map((s) => `\`${s}\``)],
  roles.map((r) => [r, String(count(r)), ...scopes.map((s) => (powersOf[r].includes(s) ? 'yes' : 'no'))]),
)}

Rules beside the table:

- **Effect, not address.** Whatever changes what will be published needs the scope \`publish\`: the column says when. Planned
  means \`scheduled\`, \`publishing\`, \`waiting\` or \`held\`: it goes out by itself.
- **Nobody gives more than they have.** A key makes keys with its own scopes at most, which end no later than it does, and
  gives a role only when it has all scopes of that role. Owners and passwords are for a person who is signed in.
- **A key ends with the membership** of the person who made it, for good, and so does an open event stream, at once.
- Only owners make, change or remove owners; the last owner stays one.

${sections.map((s) => `## ${s.noun[0]!.toUpperCase()}${s.noun.slice(1)}\n\n${table(['Address', 'What', 'Least role', 'Scope of a key'], s.list.map(cells))}`).join('\n\n')}
`
}
