/** "in" on a rounded square, of our own drawing. */
export const Icon = ({ className }: { className?: string }) => (
  <svg viewBox="0 0 24 24" className={className} fill="currentColor" aria-hidden="true">
    <path
      fillRule="evenodd"
      d="M5 2h14a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H5a3 3 0 0 1-3-3V5a3 3 0 0 1 3-3Zm1 8v8h2.600v-8H6Zm1.300-4a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3ZM10.400 10v8H13v-4.300c0-1.100.600-1.600 1.400-1.600s1.200.600 1.200 1.700V18h2.600v-4.800c0-2.300-1.200-3.400-2.900-3.400-1.100 0-1.900.500-2.400 1.200V10h-2.500Z"
      clipRule="evenodd"
    />
  </svg>
)
