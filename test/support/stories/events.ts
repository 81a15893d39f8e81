import fc from 'fast-check'
import type { Fault } from '../simulated-disk.js'

/** The disk's trouble: after so many operations so many fail, or hang, in one of the directories or in any (null). */
export interface Trouble {
  readonly fault: Fault | 'hang'
  readonly after: number
  readonly times: number
  readonly directory: number | null
}

/** A start may meet trouble. */
interface Start {
  readonly trouble: Trouble | null
}

/** One thing that happens. Numbers choose among the partitions, producers and directories that there are. */
export type Event =
  | { readonly kind: 'write'; readonly partition: number; readonly count: number; readonly size: number }
  | {
      readonly kind: 'produce'
      readonly partition: number
      readonly producer: number
      readonly count: number
      readonly size: number
    }
  | { readonly kind: 'repeat'; readonly partition: number; readonly producer: number }
  | {
      readonly kind: 'transact'
      readonly partition: number
      readonly producer: number
      readonly count: number
      readonly size: number
    }
  | { readonly kind: 'end'; readonly producer: number; readonly commits: boolean }
  | { readonly kind: 'delete-records'; readonly partition: number; readonly share: number }
  | { readonly kind: 'recreate'; readonly topic: number }
  | { readonly kind: 'move'; readonly partition: number; readonly directory: number }
  | { readonly kind: 'time'; readonly ms: number }
  | ({ readonly kind: 'trouble' } & Trouble)
  | { readonly kind: 'works' }
  | ({ readonly kind: 'stop'; readonly powerSeed: number | null } & Start)
  | ({ readonly kind: 'kill' } & Start)
  | ({ readonly kind: 'power'; readonly seed: number } & Start)

const partition = fc.nat(5)
const producer = fc.nat(1)
const directory = fc.nat(1)
const count = fc.integer({ min: 1, max: 3 })
const size = fc.nat(120)

const trouble = {
  fault: fc.constantFrom<(Fault | 'hang')[]>('EIO', 'ENOSPC', 'EMFILE', 'hang', 'hang'),
  after: fc.nat(8),
  times: fc.constantFrom(1, 4, Infinity),
  directory: fc.option(directory),
}
/** The second directory is not there; without the first no broker starts. */
const oneIsGone: Trouble = { fault: 'EIO', after: 0, times: Infinity, directory: 1 }

const start = {
  trouble: fc.oneof(
    { weight: 6, arbitrary: fc.constant(null) },
    { weight: 3, arbitrary: fc.record(trouble) },
    { weight: 1, arbitrary: fc.constant(oneIsGone) },
  ),
}

/** An event of a kind, how often it comes, and the rest of it. */
const of = <K extends Event['kind'], T>(
  weight: number,
  kind: K,
  rest: { [P in keyof T]: fc.Arbitrary<T[P]> },
) => ({
  weight,
  arbitrary: fc.record({ kind: fc.constant(kind), ...rest }) as unknown as fc.Arbitrary<Event>,
})

export const event: fc.Arbitrary<Event> = fc.oneof(
  of(5, 'write', { partition, count, size }),
  of(9, 'produce', { partition, producer, count, size }),
  of(2, 'repeat', { partition, producer }),
  of(7, 'transact', { partition, producer, count, size }),
  of(4, 'end', { producer, commits: fc.boolean() }),
  of(1, 'delete-records', { partition, share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  of(1, 'recreate', { topic: fc.nat(2) }),
  of(2, 'move', { partition, directory }),
  of(4, 'time', { ms: fc.nat(40_000) }),
  of(1, 'time', { ms: fc.nat(700_000) }),
  of(4, 'trouble', trouble),
  of(3, 'works', {}),
  of(1, 'stop', { powerSeed: fc.option(fc.nat()), ...start }),
  of(1, 'kill', start),
  of(2, 'power', { seed: fc.nat(), ...start }),
)
