/** The fault desk as a page: plain forms, no scripts. */
import { sandboxClient } from '#contract/sandbox-client.ts'
import { esc, feedTime, page } from '#kit/sandbox/html.ts'
import { noticeKinds } from '#kit/sandbox/notices.ts'
import { type FaultKind, faultKinds } from './faults.ts'
import type { Notice } from './notices.ts'
import { bar, baseCss } from './page-frame.ts'
import type { Member, PageDeps, Seen } from './types.ts'

const says: Record<FaultKind, string> = {
  'drop-before': 'Drop the connection before the network acts',
  'drop-after': 'Let the network act, then drop the connection',
  'answer-before': 'Answer an error without acting',
  'answer-after': 'Act, then answer an error all the same',
  'hang-before': 'Never answer, never act',
  'hang-after': 'Act, then never answer',
  slow: 'Answer slowly',
  revoke: 'Revoke every token first',
}

const css = `${baseCss}
main{max-width:64rem;margin:0 auto;padding:1.25rem 1rem 3rem}h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.05rem;margin:0 0 .6rem}
.lead{color:var(--soft);margin:0 0 1rem;max-width:44rem}.said{background:var(--card);border:1px solid var(--good);color:var(--good);border-radius:10px;padding:.5rem .8rem}
.grid{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));align-items:start}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1rem;min-width:0}section.wide{margin-top:1rem}
form{display:grid;gap:.6rem}form.inline{display:flex;flex-wrap:wrap;align-items:end;gap:.5rem}
label{display:grid;gap:.2rem;font-size:.85rem;color:var(--soft);min-width:0}
input,select,button{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:.4rem .55rem;min-width:0;max-width:100%;width:100%}
.row{display:grid;grid-template-columns:repeat(auto-fit,minmax(5rem,1fr));gap:.6rem}
button{cursor:pointer;font-weight:600;width:auto;justify-self:start}button.main{background:var(--accent);border-color:var(--accent);color:var(--card)}
ul.faults{margin:0 0 .75rem;padding-left:1.1rem}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.85rem}th{text-align:left;font-weight:600;color:var(--soft)}th,td{padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
td.path{white-space:normal;min-width:12rem}td.name{white-space:normal;min-width:7rem}.bad{color:var(--bad)}.good{color:var(--good)}
pre{white-space:pre-wrap;background:var(--ground);border:1px solid var(--bad);border-radius:8px;padding:.6rem;font-size:.8rem}
.stack+.stack{margin-top:1rem}dl{margin:0;display:grid;grid-template-columns:auto 1fr;gap:.1rem .8rem;font-size:.9rem}dt{color:var(--soft)}dd{margin:0}
`

export const deskPage = (d: PageDeps & { base: string; said: string | null }): string => {
  const members = [...d.members.values()]
  const networks = members.map((m) => ({ id: m.imitation.platform, name: esc(m.imitation.name) }))
  const options = networks.map((n) => `<option value="${n.id}">${n.name}</option>`).join('')
  const picker = `<label>Network<select name="platform">${options}</select></label>`
  const clock = d.desk.clock()
  const requests = d.desk.requests().slice(-60).reverse()
  const errors = requests.filter((r) => r.error).slice(0, 3)
  return page({
    title: 'Fault desk (sandbox)',
    css,
    body: `${bar(d.base, networks, 'desk')}<main><h1>Fault desk</h1>
<p class="lead">Break a network on purpose and watch what Clarion does. A fault waits for its request, fires as often as you say, and is gone.</p>
${d.said ? `<p class="said" role="status">${esc(d.said)}</p>` : ''}
${errors.map((r) => `<section class="wide"><h2 class="bad">An imitation failed: ${esc(r.method)} ${esc(r.host)}${esc(r.path)}</h2><pre>${esc(r.error)}</pre></section>`).join('')}
<div class="grid">
<section><h2>Set a fault</h2><form method="post" action="${d.base}/_desk/faults">
<div class="row">${picker}${routePicker(members)}</div>
<label>What happens<select name="do">${faultKinds.map((k) => `<option value="${k}">${esc(says[k])}</option>`).join('')}</select></label>
<div class="row"><label>From the nth<input name="nth" type="number" min="1" value="1"></label><label>Times<input name="times" type="number" min="1" value="1"></label><label>Status<input name="status" type="number" min="300" max="599" placeholder="500"></label><label>Slow (ms)<input name="ms" type="number" min="0" placeholder="2000"></label></div>
<button class="main">Set fault</button></form></section>
<section><h2>Waiting faults</h2>${faultList(d)}
<form method="post" action="${d.base}/_desk/faults"><input type="hidden" name="clear" value="1"><button>Clear all faults</button></form></section>
<section><h2>Virtual clock</h2><dl><dt>Now</dt><dd>${esc(feedTime(Date.parse(clock.now)))} UTC</dd><dt>Ahead by</dt><dd>${duration(clock.offsetMs)}</dd></dl>
<form class="inline" method="post" action="${d.base}/_desk/clock"><label>Move on by<select name="advanceMs"><option value="60000">1 minute</option><option value="3600000">1 hour</option><option value="7200000">2 hours</option><option value="86400000">1 day</option><option value="5184000000">60 days</option></select></label><button>Move</button></form></section>
<section><h2>Tokens and reset</h2>
<form class="inline" method="post" action="${d.base}/_desk/revoke-form">${picker}<button>Revoke all tokens</button></form>
<form class="inline stack" method="post" action="${d.base}/_desk/reset"><label>Network<select name="platform"><option value="">Everything</option>${options}</select></label><button>Reset to the start</button></form></section>
</div>
<section class="wide"><h2>Ignored as the network ignores it</h2>${noticeTable(d.desk.notices().slice(-60).reverse())}</section>
<section class="wide"><h2>Last requests</h2>${requestTable(requests)}</section></main>`,
  })
}

/** One list for all networks: the desk refuses a route the chosen network lacks, and says which there are. */
const routePicker = (members: readonly Member[]) => {
  const names = [...new Set(members.flatMap((m) => m.routeNames))].sort()
  return `<label>Request<select name="route"><option value="">Any</option>${names.map((n) => `<option>${esc(n)}</option>`).join('')}</select></label>`
}

const faultList = (d: PageDeps) => {
  const faults = d.desk.faults()
  if (faults.length === 0) return '<p class="lead">None. The networks behave.</p>'
  const one = (f: (typeof faults)[number]) =>
    `<li>${esc(f.platform)} · ${esc(f.route ?? 'any request')}: ${esc(says[f.do])}${f.status ? ` (${f.status})` : ''}, from request ${f.nth}, fired ${f.fired} of ${f.times}</li>`
  return `<ul class="faults">${faults.map(one).join('')}</ul>`
}

/** What clients sent that networks take without a word; nothing of Clarion's own belongs here. */
const noticeTable = (notices: readonly Notice[]) => {
  if (notices.length === 0) return '<p class="lead">Nothing. Every request said exactly what it should.</p>'
  const row = (n: Notice) =>
    `<tr><td>${esc(feedTime(n.at).split(' · ')[0])}</td><td class="name">${esc(n.what)}</td><td class="name">${esc(noticeKinds[n.kind])}</td><td class="name${n.client === sandboxClient.name ? ' bad' : ''}">${esc(n.client)}</td><td class="path">${esc(n.platform)} · ${esc(n.call)}</td><td>${n.times}</td></tr>`
  return `<div class="scroll" tabindex="0" role="region" aria-label="Ignored as the network ignores it"><table><thead><tr><th>Time</th><th>What</th><th>Kind</th><th>Client</th><th>Call</th><th>Times</th></tr></thead><tbody>${notices.map(row).join('')}</tbody></table></div>`
}

const requestTable = (requests: readonly Seen[]) => {
  if (requests.length === 0) return '<p class="lead">No request has come in yet.</p>'
  const row = (r: Seen) => {
    const status =
      r.status === null
        ? '<span class="bad">no answer</span>'
        : r.status >= 400
          ? `<span class="bad">${r.status}</span>`
          : String(r.status)
    return `<tr><td>${esc(feedTime(r.at).split(' · ')[0])}</td><td>${esc(r.platform ?? '-')}</td><td>${esc(r.route ?? 'no such route')}</td><td>${status}</td><td>${r.acted ? '<span class="good">acted</span>' : r.writes ? 'did not act' : 'read'}</td><td>${r.fault ? `<span class="bad">${esc(r.fault)}</span>` : ''}</td><td class="path">${esc(r.method)} ${esc(r.host)}${esc(shortPath(r.path))}</td></tr>`
  }
  return `<div class="scroll" tabindex="0" role="region" aria-label="Last requests"><table><thead><tr><th>Time</th><th>Network</th><th>Route</th><th>Answer</th><th>Network</th><th>Fault</th><th>Request</th></tr></thead><tbody>${requests.map(row).join('')}</tbody></table></div>`
}

/** Long path parts (a token, a DID) are cut, so that a row stays one line. */
const shortPath = (path: string) =>
  path
    .split('/')
    .map((part) => (part.length > 40 ? `${part.slice(0, 12)}…` : part))
    .join('/')

const duration = (ms: number) => {
  if (ms === 0) return 'nothing'
  const s = Math.round(ms / 1000)
  const parts = [
    [Math.floor(s / 86_400), 'd'],
    [Math.floor((s % 86_400) / 3600), 'h'],
    [Math.floor((s % 3600) / 60), 'min'],
    [s % 60, 's'],
  ] as const
  return parts
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(' ')
}
