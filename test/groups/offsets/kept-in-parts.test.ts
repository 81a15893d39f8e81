import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inParts } from '../../../src/groups/offsets/kept-in-parts.js'
import type { GroupFact, GroupOutcome } from '../../../src/groups/stored/group-facts.js'
import { KafkaError } from '../../../src/wire/errors.js'

const factOf = (partition: number): GroupFact => ({
  kind: 'offset',
  groupId: 'shop',
  topic: 'orders',
  partition,
  value: null,
})
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

/** The partitions that each part keeps, as long as every part is kept. */
function partsOf(outcome: GroupOutcome): GroupFact[][] {
  const parts: GroupFact[][] = []
  for (let next: GroupOutcome | undefined = outcome; next; next = next.kept?.()) parts.push([...next.facts])
  return parts
}

test('a few facts are kept at once', () => {
  const parts = partsOf(inParts(numbers(1000), factOf, {}))
  assert.deepEqual(
    parts.map(({ length }) => length),
    [1000],
  )
})

test('many facts are kept part by part, each once and in their order', () => {
  const parts = partsOf(inParts(numbers(2500), factOf, {}))
  assert.deepEqual(
    parts.map(({ length }) => length),
    [1000, 1000, 500],
  )
  assert.deepEqual(parts.flat(), numbers(2500).map(factOf))
})

test('success is answered once all parts are kept, failure with the part that fails', () => {
  const told: string[] = []
  const then = {
    kept: () => void told.push('kept'),
    failed: (error: KafkaError) => void told.push(error.errorName),
  }
  inParts(numbers(2000), factOf, then).kept?.()?.failed?.(new KafkaError('KAFKA_STORAGE_ERROR'))
  assert.deepEqual(told, ['KAFKA_STORAGE_ERROR'])
  inParts(numbers(2000), factOf, then).kept?.()?.kept?.()
  assert.deepEqual(told, ['KAFKA_STORAGE_ERROR', 'kept'])
})

test('every part is within the transaction', () => {
  const within = { producerId: 1n, producerEpoch: 0, guard: null }
  const first = inParts(numbers(1500), factOf, { within })
  assert.deepEqual([first.within, first.kept?.()?.within], [within, within])
})

test('what ends a group is kept with the last of its offsets', () => {
  const end: GroupFact = { kind: 'group', groupId: 'shop', value: null }
  const parts = partsOf(inParts(numbers(1001), factOf, {}, [end]))
  assert.deepEqual(parts[1], [factOf(1000), end])
})
