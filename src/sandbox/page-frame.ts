/** The look the sandbox's own pages share; a feed adds its network's CSS on top. */

export const baseCss = `
:root{color-scheme:light dark;--ink:#15181d;--soft:#59616e;--ground:#f3f4f7;--card:#fff;--line:#d8dce4;--accent:#2457d6;--bad:#b3261e;--good:#1a7f4b}
@media(prefers-color-scheme:dark){:root{--ink:#eef1f6;--soft:#a2abba;--ground:#0e1014;--card:#171a20;--line:#2c323c;--accent:#8fb0ff;--bad:#ff9a92;--good:#6fd6a0}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
a{color:var(--accent)}a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,summary:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.bar{background:var(--card);border-bottom:1px solid var(--line);padding:.6rem 1rem;display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline;font-size:.9rem}
.bar b{font-size:1rem}.bar nav{display:flex;flex-wrap:wrap;gap:.25rem .9rem}.bar a[aria-current]{color:var(--ink);text-decoration:none;font-weight:600}
`

/** The bar on top of every page of the sandbox. `here` is a platform id, `desk` or empty. All arguments but ids are escaped by the caller. */
export const bar = (base: string, networks: readonly { id: string; name: string }[], here: string): string => {
  const one = (href: string, id: string, name: string) =>
    `<a href="${base}${href}"${id === here ? ' aria-current="page"' : ''}>${name}</a>`
  return `<header class="bar"><b>Sandbox networks</b><nav aria-label="Sandbox">${one('/', '', 'Overview')}${networks.map((n) => one(`/_feed/${n.id}`, n.id, n.name)).join('')}${one('/_desk', 'desk', 'Fault desk')}</nav></header>`
}
