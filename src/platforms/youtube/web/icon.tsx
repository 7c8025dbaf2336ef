/** A rounded screen with a play mark, of our own drawing. */
export const Icon = ({ className }: { className?: string }) => (
  <svg viewBox="0 0 24 24" className={className} fill="currentColor" aria-hidden="true">
    <path
      fillRule="evenodd"
      d="M12 4.800c3 0 5.600.15 7.300.35 1.300.15 2.300 1.100 2.500 2.400.15 1.200.25 2.700.25 4.450s-.1 3.250-.25 4.450c-.2 1.300-1.200 2.250-2.500 2.400-1.700.2-4.300.35-7.300.35s-5.600-.15-7.300-.35c-1.300-.15-2.300-1.100-2.500-2.400C2.050 15.250 1.950 13.750 1.950 12s.1-3.250.25-4.450c.2-1.300 1.200-2.250 2.500-2.400C6.400 4.950 9 4.800 12 4.800Zm-2.100 3.900v6.600l5.900-3.300-5.900-3.300Z"
    />
  </svg>
)
