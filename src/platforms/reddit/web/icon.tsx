/** A speech bubble with an arrow up: our own drawing. */
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
    <path d="M12 4c5 0 9 3 9 7.500S17 19 12 19c-1.200 0-2.300-.150-3.300-.450L4 20l1.300-3.600C3.900 15.100 3 13.400 3 11.500 3 7 7 4 12 4ZM12 15V8M9 11l3-3 3 3" />
  </svg>
)
