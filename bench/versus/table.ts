import type { Peer } from './broker.js'
import { hasGoal, isMet, type Ratios } from './ratios.js'
import { figures } from './row.js'

export const tableHead = (peer: Peer): readonly string[] => [
  `| row | figure | Ottla | ${peer} | ratio | least | most | target | |`,
  '|---|---|---|---|---|---|---|---|---|',
]

export function tableLine(ratios: Ratios): string {
  const { row, figure, ottla, theirs, ratio, target, limit } = ratios
  const { unit, better } = figures[figure]
  const bound = better === 'more' ? 'at least' : 'at most'
  const goals = [
    target === null ? '' : `${bound} ${target}x`,
    limit === null ? '' : `${bound} ${limit} ${unit}`,
  ]
  const goal = goals.filter(each => each !== '').join(', ')
  const cells = [
    row,
    unit,
    short(ottla),
    theirs === null ? '' : short(theirs),
    ...[ratio?.median, ratio?.least, ratio?.most].map(n => n?.toFixed(2) ?? ''),
    goal,
  ]
  return `| ${cells.join(' | ')} | ${hasGoal(ratios) ? (isMet(ratios) ? 'met' : 'missed') : ''} |`
}

function short(n: number): string {
  if (n >= 1000) return Math.round(n).toLocaleString('en')
  return n.toPrecision(3)
}
