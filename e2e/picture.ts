/** A picture made here, so that no file is needed: bands of colour, PNG. */
import sharp from 'sharp'

export const picture = async (
  width = 1200,
  height = 800,
): Promise<{ name: string; mimeType: string; buffer: Buffer }> => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#f6d9b8"/><stop offset="1" stop-color="#e58f65"/></linearGradient></defs>
    <rect width="100%" height="100%" fill="url(#s)"/>
    <circle cx="${width * 0.68}" cy="${height * 0.42}" r="${height * 0.14}" fill="#fff3dc"/>
    <path d="M0 ${height * 0.62} L${width * 0.25} ${height * 0.4} L${width * 0.5} ${height * 0.66} L${width * 0.75} ${height * 0.46} L${width} ${height * 0.64} V${height} H0Z" fill="#5a5f8f"/>
    <path d="M0 ${height * 0.75} L${width * 0.35} ${height * 0.58} L${width * 0.7} ${height * 0.8} L${width} ${height * 0.7} V${height} H0Z" fill="#2f3560"/>
  </svg>`
  return { name: 'morning-hills.png', mimeType: 'image/png', buffer: await sharp(Buffer.from(svg)).png().toBuffer() }
}
