/**
 * The consent page of an imitation with OAuth: who are you, what may the app do, Allow or Deny. A plain HTML form that
 * posts to its own URL, so that the query (state, PKCE challenge, redirect) is kept untouched. A program does the same:
 * POST `user=<id>&decision=allow` to the authorize URL and read the `Location` of the 302. `user` may be left out.
 */
import { formBody } from './body.ts'
import { esc, page } from './html.ts'
import type { SandboxAccount, SandboxRequest, SandboxResponse } from './imitation.ts'
import { ignoreParameters } from './notices.ts'

export type ConsentLook = {
  network: string
  app: string
  /** Asked scopes with the sentence a person reads. */
  scopes: readonly { id: string; says: string }[]
  accounts: readonly SandboxAccount[]
  /** CSS colour of the Allow button. */
  accent: string
}

/** What a network shows instead when the authorize URL is wrong: a page, never a redirect. `body` is HTML made by the caller. */
export const refusedPage = (o: { title: string; body: string }): SandboxResponse => ({
  status: 400,
  html: page({
    ...o,
    css: ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}',
  }),
})

/** The page itself. */
export const consentPage = (look: ConsentLook): SandboxResponse => ({
  status: 200,
  // No form-action here: browsers hold it against the redirect back to the app as well.
  headers: {
    'content-security-policy': "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'cache-control': 'no-store',
  },
  html: page({
    title: `Allow ${look.app}? · ${look.network} (sandbox)`,
    css: consentCss(look.accent),
    body: `<main>
<p class="note">Sandbox: an imitation of ${esc(look.network)}. Nothing leaves this computer.</p>
<h1>${esc(look.app)} wants to access your ${esc(look.network)} account</h1>
<form method="post">
<fieldset><legend>Continue as</legend>
${look.accounts.map(accountRow).join('\n')}
</fieldset>
<h2>It will be able to</h2>
<ul>${look.scopes.map((s) => `<li>${esc(s.says)} <code>${esc(s.id)}</code></li>`).join('')}</ul>
<div class="buttons"><button class="go" name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></div>
</form>
</main>`,
  }),
})

const accountRow = (a: SandboxAccount, i: number) =>
  `<label><input type="radio" name="user" value="${esc(a.id)}"${i === 0 ? ' checked' : ''}>${a.avatar ? `<img src="${esc(a.avatar)}" alt="">` : ''}<span><b>${esc(a.name)}</b><br>${esc(a.handle)}</span></label>`

/** Passes over what an authorize address holds besides RFC 6749's parameters and the network's own (`more`). */
export const ignoreAsked = (req: SandboxRequest, ...more: string[]): void =>
  ignoreParameters(req, req.query.keys(), ['response_type', 'client_id', 'redirect_uri', 'scope', 'state', ...more])

export type Decision = { allow: true; account: SandboxAccount } | { allow: false }

/** What the person chose; null when the form is broken or names nobody. */
export const consentDecision = (req: SandboxRequest, accounts: readonly SandboxAccount[]): Decision | null => {
  const form = formBody(req)
  if (!form) return null
  if (form.get('decision') === 'deny') return { allow: false }
  if (form.get('decision') !== 'allow') return null
  const user = form.get('user')
  const account = user ? accounts.find((a) => a.id === user || a.handle === user) : accounts[0]
  return account ? { allow: true, account } : null
}

/** 302 back to the app with these query parameters added; those without a value are left out. */
export const backToApp = (redirectUri: string, query: Record<string, string | null | undefined>): SandboxResponse => {
  const url = new URL(redirectUri)
  for (const [k, v] of Object.entries(query)) if (v !== null && v !== undefined) url.searchParams.set(k, v)
  return { status: 302, headers: { location: url.href, 'cache-control': 'no-store' }, text: '' }
}

const consentCss = (accent: string) => `
:root{color-scheme:light dark;--ink:#17181c;--soft:#5b6270;--ground:#eef0f4;--card:#fff;--line:#d9dde5}
@media(prefers-color-scheme:dark){:root{--ink:#f0f2f6;--soft:#a3abb9;--ground:#0d0f13;--card:#181b21;--line:#2e333d}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:30rem;margin:0 auto;padding:1.5rem 1rem}
.note{font-size:.85rem;color:var(--soft);margin:0 0 1rem}
h1{font-size:1.35rem;line-height:1.25;margin:0 0 1rem}h2{font-size:1rem;margin:1.25rem 0 .25rem}
form{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1rem}
fieldset{border:0;padding:0;margin:0;display:grid;gap:.5rem}legend{font-weight:600;padding:0;margin-bottom:.5rem}
label{display:flex;align-items:center;gap:.75rem;border:1px solid var(--line);border-radius:10px;padding:.6rem .75rem;cursor:pointer;line-height:1.3}
label:has(:checked){border-color:${accent};box-shadow:0 0 0 1px ${accent}}label span{overflow-wrap:anywhere}
img{width:40px;height:40px;border-radius:50%}ul{margin:0;padding-left:1.2rem}code{color:var(--soft);font-size:.8rem}
.buttons{display:flex;gap:.75rem;margin-top:1.25rem}
button{flex:1;font:inherit;font-weight:600;padding:.65rem;border-radius:999px;border:1px solid var(--line);background:transparent;color:var(--ink);cursor:pointer}
button.go{background:${accent};border-color:${accent};color:#fff}button:focus-visible,input:focus-visible{outline:3px solid ${accent};outline-offset:2px}
`
