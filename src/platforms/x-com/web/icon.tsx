/** Two crossed strokes of our own drawing. */
export const Icon = ({ className }: { className?: string }) => (
  <svg
    viewBox="0 0 24 24"
    className={className}
    fill="none"
    stroke="currentColor"
    strokeWidth="2.400"
    strokeLinecap="square"
    aria-hidden="true"
  >
    <path d="M5 4.500 19 19.500M18.500 4.500 5.500 19.500" />
  </svg>
)
