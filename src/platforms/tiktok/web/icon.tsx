/** A note of our own drawing, with the doubled edge people know. */
export const Icon = ({ className }: { className?: string }) => (
  <svg
    viewBox="0 0 24 24"
    className={className}
    fill="none"
    strokeWidth="2.800"
    strokeLinecap="round"
    aria-hidden="true"
  >
    <path
      d="M12.400 4.500v10.800a3.600 3.600 0 1 1-3.600-3.600M12.400 4.500c.4 2.600 2.200 4.300 4.900 4.500"
      stroke="#25c9c4"
    />
    <path
      d="M14 5.600v10.800a3.600 3.600 0 1 1-3.600-3.600M14 5.600c.4 2.600 2.200 4.300 4.900 4.500"
      stroke="#e8305a"
    />
    <path
      d="M13.200 5v10.800a3.600 3.600 0 1 1-3.600-3.600M13.200 5c.4 2.600 2.200 4.300 4.900 4.500"
      stroke="currentColor"
    />
  </svg>
)
