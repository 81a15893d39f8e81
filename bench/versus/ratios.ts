import type { Peer } from './broker.js'
import { type Figure, figures } from './row.js'
import type { Measured } from './versus.js'

export interface Ratios {
  readonly row: string
  readonly peer: Peer
  readonly figure: Figure
  /** Medians. */
  readonly ottla: number
  readonly theirs: number
  /** Ottla : the peer, over the rounds. */
  readonly least: number
  readonly median: number
  readonly most: number
  readonly target: number | null
  /** Of Ottla's own figure. */
  readonly limit: number | null
}

/** What the rounds of a row say, figure by figure. A figure without a target is told all the same. */
export function ratiosOf({ row, peer, rounds }: Measured): Ratios[] {
  return (Object.keys(figures) as Figure[]).flatMap(figure => {
    const pairs = rounds.flatMap(round => {
      const [ours, theirs] = [round.ottla[figure], round.peer[figure]]
      return ours === undefined || theirs === undefined ? [] : [{ ours, theirs, ratio: ours / theirs }]
    })
    if (pairs.length === 0) return []
    const ratios = pairs.map(({ ratio }) => ratio).sort((a, b) => a - b)
    return {
      row: row.name,
      peer,
      figure,
      ottla: medianOf(pairs.map(({ ours }) => ours)),
      theirs: medianOf(pairs.map(({ theirs }) => theirs)),
      least: ratios[0] as number,
      median: medianOf(ratios),
      most: ratios.at(-1) as number,
      target: peer === 'kafka' ? (row.targets?.[figure] ?? null) : 1,
      limit: peer === 'kafka' ? (row.limits?.[figure] ?? null) : null,
    }
  })
}

export function isMet({ figure, ottla, median, target, limit }: Ratios): boolean {
  const isGood = (value: number, goal: number | null) =>
    goal === null || (figures[figure].better === 'more' ? value >= goal : value <= goal)
  return isGood(median, target) && isGood(ottla, limit)
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1] as number, sorted[Math.floor(middle)] as number]
  return (low + high) / 2
}
