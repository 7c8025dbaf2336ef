/** The web faces of all platforms, handed in by `main.tsx`: screens ask by id and never know which platforms there are. */
import { createContext, type ReactNode, useContext } from 'react'
import type { WebFace } from '#kit/web/slots.ts'

const Faces = createContext<ReadonlyMap<string, WebFace>>(new Map())

export const FacesProvider = ({ faces, children }: { faces: readonly WebFace[]; children: ReactNode }) => (
  <Faces.Provider value={new Map(faces.map((face) => [face.spec.id, face]))}>{children}</Faces.Provider>
)

export const useFaces = () => useContext(Faces)
/** The face of one platform; undefined for a platform this build does not know (an older tab, a newer server). */
export const useFace = (id: string): WebFace | undefined => useContext(Faces).get(id)

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
