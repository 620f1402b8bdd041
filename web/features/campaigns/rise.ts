import { useFormat } from '../../ui/format.ts'

/** A size of effect in points, without a sign: "8.0 pp". */
export function useRise(): (difference: number, digits?: number) => string {
  const format = useFormat()
  return (difference, digits) => format.points(Math.abs(difference), digits).replace('+', '')
}
