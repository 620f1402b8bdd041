/** The product's sign: a sun coming up. */
export function Mark({ size = 30 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" style={{ flex: 'none' }}>
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M7 22.5h18M11 18.5a5 5 0 0 1 10 0M16 10V7.5M9.6 12.6 7.9 10.9M22.4 12.6l1.7-1.7"
        fill="none"
        stroke="#fff"
        strokeWidth="2"
        strokeLinecap="round"
      />
    </svg>
  )
}
