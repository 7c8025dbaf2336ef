import type { PreviewProps } from '#kit/web/slots.ts'

/** How a post looks on {{name}}. */
export const Preview = ({ segments, channel }: PreviewProps) => (
  <article className="rounded-xl border border-[#d8d8e0] bg-white p-4 text-[15px] text-[#16161d]">
    <p className="font-semibold">
      {channel.name} <span className="font-normal text-[#5f5f70]">@{channel.handle}</span>
    </p>
    <p className="mt-1 break-words whitespace-pre-wrap">{segments[0]?.text}</p>
    {segments[0]?.media.map((m) => (
      <img key={m.id} src={m.url} alt={m.alt} className="mt-2 max-h-72 rounded-lg" />
    ))}
  </article>
)
