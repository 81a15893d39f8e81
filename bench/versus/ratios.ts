import type { Peer } from './broker.js'
import { type Figure, figures, type VersusRow } from './row.js'
import type { Measured } from './versus.js'

export interface Ratios {
  readonly row: string
  readonly peer: Peer
  readonly figure: Figure
  /** The medians of the rounds. */
  readonly ottla: number
  /** Null for figures that only Ottla has. */
  readonly theirs: number | null
  /** Ottla : the peer, over the rounds. */
  readonly ratio: Spread | null
  readonly target: number | null
  /** The limit of Ottla's own figure. */
  readonly limit: number | null
}

export interface Spread {
  readonly least: number
  readonly median: number
  readonly most: number
}

/** Computes the ratios of a row from its rounds, figure by figure, also for figures without a target. */
export function ratiosOf({ row, peer, rounds }: Measured): Ratios[] {
  return (Object.keys(figures) as Figure[]).flatMap(figure => {
    const ours = rounds.flatMap(({ ottla }) => ottla[figure] ?? [])
    const theirs = rounds.flatMap(round => round.peer[figure] ?? [])
    const quotients = rounds.map(
      ({ ottla, peer }) => (ottla[figure] ?? Number.NaN) / (peer[figure] ?? Number.NaN),
    )
    if (ours.length === 0) return []
    return {
      row: row.name,
      peer,
      figure,
      ottla: medianOf(ours),
      theirs: theirs.length === 0 ? null : medianOf(theirs),
      ratio: spreadOf(quotients.filter(Number.isFinite)),
      target: targetOf(row, figure, peer),
      limit: peer === 'kafka' ? (row.limits?.[figure] ?? null) : null,
    }
  })
}

/** The target of every row is not to be behind kfake; no broker can be ahead of a program that does nothing. */
function targetOf({ targets }: VersusRow, figure: Figure, peer: Peer): number | null {
  if (peer === 'kafka') return targets?.[figure] ?? null
  return peer === 'kfake' ? 1 : null
}

export const hasGoal = ({ target, limit }: Ratios): boolean => target !== null || limit !== null

export function isMet({ figure, ottla, ratio, target, limit }: Ratios): boolean {
  const isGood = (value: number, goal: number | null) =>
    goal === null || (figures[figure].better === 'more' ? value >= goal : value <= goal)
  return (ratio === null || isGood(ratio.median, target)) && isGood(ottla, limit)
}

function spreadOf(ratios: readonly number[]): Spread | null {
  if (ratios.length === 0) return null
  return { least: Math.min(...ratios), median: medianOf(ratios), most: Math.max(...ratios) }
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1] as number, sorted[Math.floor(middle)] as number]
  return (low + high) / 2
}
