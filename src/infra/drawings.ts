/**
 * Small pictures of what is no picture, drawn dot by dot (no fonts, no SVG: neither is there for sure, and the SVG reader
 * stays shut to everybody). Runs in the processes of `pictures.ts`.
 */
import sharp from 'sharp'

/** 5 x 7 dots, a row a number, the left dot is the highest bit. */
const glyphs: Record<string, readonly number[]> = {
  '0': [14, 17, 19, 21, 25, 17, 14],
  '1': [4, 12, 4, 4, 4, 4, 14],
  '2': [14, 17, 1, 2, 4, 8, 31],
  '3': [31, 2, 4, 2, 1, 17, 14],
  '4': [2, 6, 10, 18, 31, 2, 2],
  '5': [31, 16, 30, 1, 1, 17, 14],
  '6': [6, 8, 16, 30, 17, 17, 14],
  '7': [31, 1, 2, 4, 8, 8, 8],
  '8': [14, 17, 17, 14, 17, 17, 14],
  '9': [14, 17, 17, 15, 1, 2, 12],
  ':': [0, 4, 4, 0, 4, 4, 0],
  P: [30, 17, 17, 30, 16, 16, 16],
  D: [30, 17, 17, 17, 17, 17, 30],
  F: [31, 16, 16, 30, 16, 16, 16],
  T: [31, 4, 4, 4, 4, 4, 4],
  O: [14, 17, 17, 17, 17, 17, 14],
  C: [14, 17, 16, 16, 16, 17, 14],
}

type Colour = readonly [number, number, number]
const canvas = (width: number, height: number, ground: Colour) => {
  const data = Buffer.alloc(width * height * 3)
  for (let i = 0; i < width * height; i++) data.set(ground, i * 3)
  const area = (
    box: { x: number; y: number; w: number; h: number },
    colour: Colour,
    inside: (x: number, y: number) => boolean = () => true,
  ) => {
    for (let y = Math.max(0, Math.floor(box.y)); y < Math.min(height, box.y + box.h); y++)
      for (let x = Math.max(0, Math.floor(box.x)); x < Math.min(width, box.x + box.w); x++)
        if (inside(x, y)) data.set(colour, (y * width + x) * 3)
  }
  const textWidth = (text: string, dot: number) => (text.length * 6 - 1) * dot
  const text = (line: string, x: number, y: number, dot: number, colour: Colour) => {
    for (const [n, char] of [...line].entries())
      for (const [row, bits] of (glyphs[char] ?? []).entries())
        for (let column = 0; column < 5; column++)
          if (bits & (16 >> column)) area({ x: x + (n * 6 + column) * dot, y: y + row * dot, w: dot, h: dot }, colour)
  }
  return { data, width, height, area, text, textWidth }
}

/** `83000` -> `1:23`; hours where there are any. */
const clockText = (ms: number): string => {
  const s = Math.round(ms / 1000)
  const [h, m, r] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, String(s % 60).padStart(2, '0')]
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${r}` : `${m}:${r}`
}

/** Drawn at twice the size and made smaller, so that edges are smooth. */
const finish = (c: ReturnType<typeof canvas>): Promise<Buffer> =>
  sharp(c.data, { raw: { width: c.width, height: c.height, channels: 3 } })
    .resize(c.width / 2, c.height / 2)
    .png()
    .toBuffer()

const white: Colour = [255, 255, 255]
const slate: Colour = [51, 65, 85]
const dark: Colour = [30, 41, 59]
const red: Colour = [185, 28, 28]

/** A neutral picture of a video as PNG: its shape, a play mark, its length. */
export const drawVideo = (o: {
  width: number | null
  height: number | null
  durationMs: number | null
}): Promise<Buffer> => {
  const ratio = Math.min(2, Math.max(0.5, (o.width ?? 16) / (o.height ?? 9)))
  const even = (n: number) => Math.round(n / 2) * 2
  const [width, height] = ratio >= 1 ? [960, even(960 / ratio)] : [even(960 * ratio), 960]
  const c = canvas(width, height, slate)
  const [x, y, r] = [width / 2, height / 2, Math.min(width, height) * 0.2]
  c.area({ x: x - r, y: y - r, w: 2 * r, h: 2 * r }, white, (px, py) => (px - x) ** 2 + (py - y) ** 2 <= r * r)
  // A triangle that points right, its middle a little right of the circle's.
  const [left, tip, half] = [x - r * 0.3, x + r * 0.55, r * 0.5]
  c.area(
    { x: left, y: y - half, w: tip - left, h: 2 * half },
    slate,
    (px, py) => Math.abs(py - y) <= half * (1 - (px - left) / (tip - left)),
  )
  if (o.durationMs !== null) {
    const line = clockText(o.durationMs)
    const dot = 6
    const w = c.textWidth(line, dot) + 32
    c.area({ x: width - w - 24, y: height - 98, w, h: 74 }, dark)
    c.text(line, width - w - 8, height - 82, dot, white)
  }
  return finish(c)
}

/** A neutral picture of a document as PNG: a page with a folded corner, what it is, and how many pages. */
export const drawDocument = (o: { label: 'PDF' | 'PPT' | 'DOC'; pages: number | undefined }): Promise<Buffer> => {
  const [width, height] = [744, 960]
  const c = canvas(width, height, [226, 232, 240])
  const page = { x: 102, y: 80, w: 540, h: 800 }
  const fold = 140
  c.area(page, white, (px, py) => px - page.x - page.w + fold < py - page.y)
  c.area(
    { x: page.x + page.w - fold, y: page.y, w: fold, h: fold },
    [203, 213, 225],
    (px, py) => px - page.x - page.w + fold < py - page.y,
  )
  for (let n = 0; n < 4; n++)
    c.area({ x: page.x + 70, y: 560 + n * 56, w: n === 3 ? 220 : 400, h: 18 }, [226, 232, 240])
  c.area({ x: page.x + 70, y: 300, w: 300, h: 170 }, red)
  c.text(o.label, page.x + 70 + (300 - c.textWidth(o.label, 14)) / 2, 336, 14, white)
  if (o.pages !== undefined) {
    const line = String(o.pages)
    const w = c.textWidth(line, 8) + 48
    c.area({ x: page.x + page.w - w - 40, y: 770, w, h: 88 }, slate)
    c.text(line, page.x + page.w - w - 16, 786, 8, white)
  }
  return finish(c)
}
