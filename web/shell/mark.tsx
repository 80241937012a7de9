import { type ReactNode, useId } from 'react'

/** The shell. */
export function Mark(): ReactNode {
  const id = useId()
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <defs>
        <linearGradient id={id} x1="4" y1="2" x2="28" y2="30" gradientUnits="userSpaceOnUse">
          <stop offset="0" className="sheen-1" />
          <stop offset=".35" className="sheen-2" />
          <stop offset=".65" className="sheen-3" />
          <stop offset="1" className="sheen-4" />
        </linearGradient>
      </defs>
      <path
        fill={`url(#${id})`}
        d="M16 3c7.700 0 13 5.600 13 12.300 0 5.800-5 9.700-9.600 11.400-1.100 2.400-2.100 2.800-3.400 2.800s-2.300-.4-3.400-2.800C8 25 3 21.100 3 15.300 3 8.600 8.300 3 16 3Z"
      />
      <path
        className="mark-ribs"
        d="M16 26.500V7M13.200 25.600C10.600 20 9.600 14 10.300 8.900M18.800 25.600c2.600-5.600 3.600-11.600 2.900-16.700M11.200 24.400C7.600 20.600 6 16.500 6 13M20.800 24.400c3.600-3.800 5.200-7.900 5.200-11.400"
      />
    </svg>
  )
}
