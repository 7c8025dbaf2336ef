/** A thread winding into itself, of our own drawing. */
export const Icon = ({ className }: { className?: string }) => (
  <svg
    viewBox="0 0 24 24"
    className={className}
    fill="none"
    stroke="currentColor"
    strokeWidth="2"
    strokeLinecap="round"
    aria-hidden="true"
  >
    <path d="M19 9c-.8-3.500-3.300-5.500-7-5.500-4.800 0-7.500 3.300-7.500 8.500s2.700 8.500 7.500 8.500c3.800 0 6.500-2 6.500-5 0-2.700-2.300-4.300-6-4.300-2.800 0-4.500 1.200-4.500 3 0 1.600 1.300 2.600 3.200 2.600 2.500 0 4-1.600 4-4.600 0-3.100-1.400-4.700-3.700-4.700-1.300 0-2.300.5-3 1.500" />
  </svg>
)
