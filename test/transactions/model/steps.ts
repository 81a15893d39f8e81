import fc from 'fast-check'

/** One thing that happens to transactional ids. Clients are numbers, as there are of them. */
export type Step =
  /** A client begins, as itself or as a new one, and perhaps never gets the answer. */
  | { readonly act: 'init'; readonly client: number; readonly asItself: boolean; readonly lost: boolean }
  | { readonly act: 'add'; readonly client: number; readonly partition: number }
  | { readonly act: 'end'; readonly client: number; readonly committed: boolean; readonly lost: boolean }
  /** The markers of one of the transactions that are ending are all written. */
  | { readonly act: 'mark'; readonly which: number }
  | { readonly act: 'pass'; readonly ms: number }
  | { readonly act: 'expire' }
  /** The broker dies and replays the records that it kept. */
  | { readonly act: 'crash' }
  /** The next record cannot be kept. */
  | { readonly act: 'fail' }

const client = fc.nat(5)
const asItself = fc.nat(4).map(number => number > 0)
const lost = fc.nat(9).map(number => number === 0)

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant('init' as const), client, asItself, lost }) },
  { weight: 12, arbitrary: fc.record({ act: fc.constant('add' as const), client, partition: fc.nat(3) }) },
  {
    weight: 12,
    arbitrary: fc.record({ act: fc.constant('end' as const), client, committed: fc.boolean(), lost }),
  },
  { weight: 14, arbitrary: fc.record({ act: fc.constant('mark' as const), which: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('pass' as const), ms: fc.constantFrom(1, 1000, 70_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ act: 'pass' as const, ms: 8 * 86_400_000 }) },
  { weight: 1, arbitrary: fc.constant({ act: 'expire' as const }) },
  { weight: 2, arbitrary: fc.constant({ act: 'crash' as const }) },
  { weight: 2, arbitrary: fc.constant({ act: 'fail' as const }) },
)
