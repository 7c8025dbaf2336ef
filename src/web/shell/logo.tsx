/** Clarion's mark: a horn and its sound. */
export const Logo = () => (
  <span className="flex items-center gap-2.5">
    <svg viewBox="0 0 32 32" className="size-8" aria-hidden="true">
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <path
        className="fill-on-accent"
        d="M8 13.500v5c0 .8.7 1.500 1.500 1.500H12l8.200 4.300c.8.4 1.800-.2 1.800-1.100V8.800c0-.9-1-1.500-1.800-1.100L12 12H9.500c-.8 0-1.500.7-1.500 1.500Z"
      />
      <path
        className="stroke-on-accent"
        d="M24.500 12.500a5 5 0 0 1 0 7"
        strokeWidth="2"
        strokeLinecap="round"
        fill="none"
      />
    </svg>
    <span className="text-lg font-semibold tracking-tight">Clarion</span>
  </span>
)
