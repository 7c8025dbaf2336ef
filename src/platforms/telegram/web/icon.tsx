/** A paper plane of our own drawing. */
export const Icon = ({ className }: { className?: string }) => (
  <svg viewBox="0 0 24 24" className={className} fill="currentColor" aria-hidden="true">
    <path d="M20.700 4.100 3.200 10.900c-.9.4-.9 1.600.1 1.900l4.300 1.400 1.700 5.100c.2.700 1.100.9 1.600.4l2.400-2.300 4.400 3.200c.6.5 1.500.1 1.700-.7l3-14.400c.2-1-.8-1.800-1.700-1.400ZM9.900 14.600l-.6 3.100-1.200-4 9.300-6.200-7.500 7.100Z" />
  </svg>
)
