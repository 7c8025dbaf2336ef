/** A letter on a disc, of our own drawing. */
export const Icon = ({ className }: { className?: string }) => (
  <svg
    viewBox="0 0 24 24"
    className={className}
    fill="none"
    stroke="currentColor"
    strokeWidth="2"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
  >
    <circle cx="12" cy="12" r="9.500" />
    <path d="M15.500 7.500h-1.500a2.500 2.500 0 0 0-2.500 2.500v11M9 13h5.500" />
  </svg>
)
