import { type Figure, figures } from './row.js'
import type { Measured } from './versus.js'

export interface Ratios {
  readonly row: string
  readonly figure: Figure
  /** Medians. */
  readonly ottla: number
  readonly kafka: number
  /** Ottla : Apache Kafka, over the rounds. */
  readonly least: number
  readonly median: number
  readonly most: number
  readonly target: number | null
}

/** What the rounds of a row say, figure by figure. A figure without a target is told all the same. */
export function ratiosOf({ row, rounds }: Measured): Ratios[] {
  return (Object.keys(figures) as Figure[]).flatMap(figure => {
    const pairs = rounds.flatMap(({ ottla, kafka }) => {
      const [ours, theirs] = [ottla[figure], kafka[figure]]
      return ours === undefined || theirs === undefined ? [] : [{ ours, theirs, ratio: ours / theirs }]
    })
    if (pairs.length === 0) return []
    const ratios = pairs.map(({ ratio }) => ratio).sort((a, b) => a - b)
    return {
      row: row.name,
      figure,
      ottla: medianOf(pairs.map(({ ours }) => ours)),
      kafka: medianOf(pairs.map(({ theirs }) => theirs)),
      least: ratios[0] as number,
      median: medianOf(ratios),
      most: ratios.at(-1) as number,
      target: row.targets[figure] ?? null,
    }
  })
}

export const isMet = ({ figure, median, target }: Ratios): boolean =>
  target === null || (figures[figure].better === 'more' ? median >= target : median <= target)

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1] as number, sorted[Math.floor(middle)] as number]
  return (low + high) / 2
}
