/** The web faces of all platforms, handed in by `main.tsx`: screens ask by id and never know which platforms there are. */
import { queryOptions, type UseQueryResult, useQueries, useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext } from 'react'
import type { WebBody, WebFace, Words } from '#kit/web/slots.ts'
import { language } from '../i18n/index.ts'

const Faces = createContext<ReadonlyMap<string, WebFace>>(new Map())

export const FacesProvider = ({ faces, children }: { faces: readonly WebFace[]; children: ReactNode }) => (
  <Faces.Provider value={new Map(faces.map((face) => [face.spec.id, face]))}>{children}</Faces.Provider>
)

export const useFaces = () => useContext(Faces)
/** The face of one platform; undefined for a platform this build does not know (an older tab, a newer server). */
export const useFace = (id: string): WebFace | undefined => useContext(Faces).get(id)

const bodyQuery = (id: string, face: WebFace | undefined) =>
  queryOptions({
    queryKey: ['platform-body', id],
    // Our own files, once for the life of the page; components must come back as they are.
    queryFn: async (): Promise<WebBody | null> => (face ? face.load() : null),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
    networkMode: 'always',
  })
type Arrival = { bodies: ReadonlyMap<string, WebBody>; pending: boolean; error: unknown; retry: () => void }
const arrival = (results: readonly UseQueryResult<WebBody | null>[]): Arrival => ({
  bodies: new Map(results.flatMap(({ data }) => (data ? [[data.spec.id, data]] : []))),
  pending: results.some((r) => r.isPending),
  error: results.find((r) => r.error)?.error ?? null,
  retry: () => void Promise.all(results.filter((r) => r.isError).map((r) => r.refetch())),
})
/** Loads what writing for these platforms needs. `bodies` has those that are there; unknown platforms are left out. */
export const useLoadBodies = (ids: readonly string[]): Arrival => {
  const faces = useFaces()
  return useQueries({ queries: [...new Set(ids)].map((id) => bodyQuery(id, faces.get(id))), combine: arrival })
}

const none: Words = {}
const wordsOf = (body: WebBody | null | undefined): Words => body?.words[language()] ?? none
/** A platform's own words in the person's language, and whether they are still on their way. */
export const useArrivingWords = (id: string | undefined): { words: Words; coming: boolean } => {
  const faces = useFaces()
  const { data, isLoading } = useQuery({ ...bodyQuery(id ?? '', faces.get(id ?? '')), enabled: id !== undefined })
  return { words: wordsOf(data), coming: isLoading }
}
/** The same; empty until they are loaded, or where there are none. */
export const usePlatformWords = (id: string | undefined): Words => useArrivingWords(id).words

const Bodies = createContext<ReadonlyMap<string, WebBody>>(new Map())
export const BodiesProvider = Bodies.Provider
/** Inside a composer: the loaded platforms by id. */
export const useBodies = () => useContext(Bodies)
export const useWords = (id: string): Words => wordsOf(useContext(Bodies).get(id))

/** The network's mark in its accent colour; a plain dot for a platform this build does not know. */
export const PlatformMark = ({ id, className }: { id: string; className?: string }) => {
  const face = useFace(id)
  if (!face) return <span aria-hidden className="inline-block size-2 rounded-full bg-muted" />
  const { Icon } = face
  return (
    <span aria-hidden className="inline-grid place-items-center" style={{ color: face.color }}>
      <Icon className={className ?? 'size-4'} />
    </span>
  )
}

/**
 * Where a post goes, in little room: marks of the first networks, and how many channels are left (`+2`). Several
 * channels of one network share its mark, and count. Readers hear every network.
 */
export const PlatformMarks = ({
  ids,
  most = Number.POSITIVE_INFINITY,
  className,
}: {
  /** The platform of each channel. */
  ids: readonly string[]
  /** Marks at most. */
  most?: number
  className?: string
}) => {
  const faces = useFaces()
  const networks = [...new Set(ids)]
  const shown = networks.slice(0, most)
  const left = ids.length - shown.length
  const names = networks.map((id) => faces.get(id)?.spec.name ?? id).join(', ')
  if (ids.length === 0) return null
  return (
    <span className="flex shrink-0 items-center gap-1" title={names}>
      <span className="sr-only">{names}</span>
      {shown.map((id) => (
        <PlatformMark key={id} id={id} className={className} />
      ))}
      {left > 0 ? (
        <span aria-hidden className="text-[0.6875rem] font-medium text-muted tabular-nums">
          +{left}
        </span>
      ) : null}
    </span>
  )
}

/**
 * What a channel is called where others stand beside it: always with its network, and with its handle where two of one
 * network have one name.
 */
export const useChannelName = (all: readonly Named[] = []): ((channel: Named) => string) => {
  const faces = useFaces()
  return (c) => {
    const twin = all.some((o) => o !== c && o.id !== c.id && o.name === c.name && o.platform === c.platform)
    return `${c.name}${twin ? ` (${c.handle})` : ''} · ${faces.get(c.platform)?.spec.name ?? c.platform}`
  }
}
type Named = { id: string; name: string; handle: string; platform: string }
