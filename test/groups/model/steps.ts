import fc from 'fast-check'

export const clientNames = ['ann', 'bob', 'cat', 'dan'] as const
export type ClientName = (typeof clientNames)[number]

/** Cat and dan have a seat of their own. */
export const isStatic = (name: ClientName): boolean => name === 'cat' || name === 'dan'

interface Who {
  readonly client: ClientName
  readonly group: string
}

/** A move that a client may make, whatever state it is in. */
export type Move =
  | (Who & { readonly act: 'join'; readonly matching: boolean; readonly reading: 'orders' | 'both' })
  | (Who & { readonly act: 'beat'; readonly holdingOn: boolean })
  | (Who & { readonly act: 'join classically'; readonly cooperative: boolean })
  | (Who & {
      readonly act: 'sync' | 'leave' | 'leave for a while' | 'restart' | 'lose the connection'
    })
  | (Who & { readonly act: 'commit'; readonly partition: number; readonly asNobody: boolean })

/** An event that may befall the broker. */
export type Event =
  | { readonly act: 'delete the group' | 'expire offsets'; readonly group: string }
  | { readonly act: 'delete an offset'; readonly group: string; readonly partition: number }
  | { readonly act: 'time passes'; readonly ms: number }
  | { readonly act: 'orders grows' | 'payments comes' | 'payments goes' }
  | { readonly act: 'the next append fails' | 'crash' }

export type Step =
  | Move
  | Event
  /** Every client does its part for a while. */
  | {
      readonly act: 'work'
      readonly group: string
      readonly clients: readonly ClientName[]
      readonly classically: readonly ClientName[]
    }

const group = fc.constantFrom('shop', 'shop', 'shop', 'till')
const client = fc.constantFrom(...clientNames)
const who = { client, group }
const rarely = fc.integer({ min: 0, max: 9 }).map(n => n === 0)

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('join' as const),
      matching: rarely,
      reading: fc.constantFrom('orders', 'both'),
      ...who,
    }),
  },
  { weight: 14, arbitrary: fc.record({ act: fc.constant('beat' as const), holdingOn: rarely, ...who }) },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('join classically' as const),
      cooperative: fc.boolean(),
      ...who,
    }),
  },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('sync' as const), ...who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constantFrom('leave', 'leave for a while', 'restart', 'lose the connection' as const),
      ...who,
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('commit' as const),
      partition: fc.nat(3),
      asNobody: rarely,
      ...who,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constantFrom('delete the group', 'expire offsets' as const),
      group,
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('delete an offset' as const), group, partition: fc.nat(3) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('time passes' as const),
      ms: fc.constantFrom(1, 300, 1000, 5000, 15_000, 60_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constantFrom('orders grows', 'payments comes', 'payments goes' as const),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constantFrom('the next append fails', 'crash' as const),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('work' as const),
      group,
      clients: fc.subarray([...clientNames]),
      classically: fc.subarray([...clientNames]),
    }),
  },
)
