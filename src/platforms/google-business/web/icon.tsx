/** A shop front of our own drawing. */
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
    <path d="M4 10V20H20V10M3 10L5 4H19L21 10A3 3 0 0 1 15 10A3 3 0 0 1 9 10A3 3 0 0 1 3 10ZM10 20V15H14V20" />
  </svg>
)
