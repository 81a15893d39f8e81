import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { anyValueOf } from '../../test/wire/arbitrary.js'
import { declared } from '../../test/wire/declared.js'
import { inEveryVersion, kafkaReads, ottlaReads, ottlaWrites } from './codecs.js'
import { KafkaPipe, noKafka } from './kafka-pipe.js'

let kafka: KafkaPipe

before(() => {
  if (!noKafka) kafka = KafkaPipe.open()
})
after(() => kafka?.close())

describe('damaged bytes are refused where Kafka refuses them, else read as by Kafka', {
  skip: noKafka,
}, () => {
  for (const of of declared) {
    test(of.name, () =>
      inEveryVersion(of, damagedValueOf, async (damagedValue, dialect) => {
        const { value, damages } = damagedValue as DamagedValue
        const bytes = damages.reduce(damaged, ottlaWrites(of, dialect, value).bytes ?? '')
        const ours = ottlaReads(of, dialect, bytes)
        const theirs = await kafkaReads(kafka, of, dialect, bytes)
        if (ours.refused !== undefined && theirs.refused !== undefined) return
        if (ours.refused === tooLongOnceReplaced) return assert.match(wordsOf(theirs), /\ufffd/)
        assert.deepEqual(replaced(ours), replaced(theirs), bytes)
      }),
    )
  }
})

/** Ottla refuses on purpose a string that Kafka reads and then cannot write: replaced, it no longer fits. */
const tooLongOnceReplaced = 'a string that is no UTF-8'

const wordsOf = (value: unknown) =>
  inspect(value, { depth: null, maxArrayLength: null, maxStringLength: null })

/** A change at this byte, counted on from the beginning after the end: so many bytes are cut out, others put in. */
interface Damage {
  readonly at: number
  readonly cut: number
  readonly insert: readonly number[]
}

interface DamagedValue {
  readonly value: unknown
  readonly damages: readonly Damage[]
}

const anyByte = fc.oneof(fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff), fc.nat(255))
const anyDamage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(10_000),
  cut: fc.nat(4),
  insert: fc.array(anyByte, { maxLength: 4 }),
})

function damagedValueOf(...of: Parameters<typeof anyValueOf>): fc.Arbitrary<DamagedValue> {
  return fc.record({
    value: anyValueOf(...of),
    damages: fc.array(anyDamage, { minLength: 1, maxLength: 3 }),
  })
}

function damaged(hex: string, { at, cut, insert }: Damage): string {
  const place = 2 * (at % (hex.length / 2 + 1))
  return hex.slice(0, place) + Buffer.from(insert).toString('hex') + hex.slice(place + 2 * cut)
}

/**
 * Bytes that are no UTF-8 become replacement characters in both, but not the same number: Java has one
 * for the three bytes of a surrogate, Node three.
 */
function replaced(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\ufffd+/g, '\ufffd')
  if (Array.isArray(value)) return value.map(replaced)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, replaced(field)]))
}
