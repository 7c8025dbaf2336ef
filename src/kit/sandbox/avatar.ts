/** Small invented faces, drawn as SVG, so that the sandbox needs no picture files. */

/** A data URL: two shapes over a ground of the given hue (0-359), different for every name. */
export const avatar = (name: string, hue: number): string => {
  let seed = 0
  for (const ch of name) seed = (seed * 31 + ch.codePointAt(0)!) >>> 0
  const x = 18 + (seed % 28)
  const y = 16 + ((seed >> 5) % 20)
  const r = 14 + ((seed >> 9) % 12)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="hsl(${hue} 55% 42%)"/><circle cx="${x}" cy="${y}" r="${r}" fill="hsl(${(hue + 40) % 360} 75% 68%)"/><path d="M0 64 Q32 ${34 + (seed % 10)} 64 64Z" fill="hsl(${(hue + 320) % 360} 60% 26%)"/></svg>`
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`
}
