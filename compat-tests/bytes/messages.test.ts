import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { anyDraftOf, anyValueOf } from '../../test/wire/arbitrary.js'
import { declared } from '../../test/wire/declared.js'
import { inEveryVersion, kafkaReads, kafkaWrites, ottlaReads, ottlaWrites } from './codecs.js'
import { KafkaPipe, noKafka } from './kafka-pipe.js'

let kafka: KafkaPipe

before(() => {
  if (!noKafka) kafka = KafkaPipe.open()
})
after(() => kafka?.close())

describe('Kafka writes the same bytes and reads the same values', { skip: noKafka }, () => {
  for (const of of declared) {
    test(of.name, () =>
      inEveryVersion(of, anyValueOf, async (value, dialect) => {
        const ours = ottlaWrites(of, dialect, value)
        assert.deepEqual(await kafkaWrites(kafka, of, dialect, value), ours)
        const { bytes = '' } = ours
        const read = ottlaReads(of, dialect, bytes)
        assert.equal(read.left, 0)
        assert.deepEqual(await kafkaReads(kafka, of, dialect, bytes), read)
      }),
    )
  }
})

describe('what a version cannot carry is refused or left out as by Kafka', { skip: noKafka }, () => {
  for (const of of declared) {
    test(of.name, () =>
      inEveryVersion(of, anyDraftOf, async (value, dialect) => {
        const ours = ottlaWrites(of, dialect, value)
        const theirs = await kafkaWrites(kafka, of, dialect, value)
        assert.equal(ours.bytes, theirs.bytes, `Kafka: ${theirs.refused}, Ottla: ${ours.refused}`)
      }),
    )
  }
})

/** Greater than any tag that is known, in one byte and in two. */
const unknownTags = [
  { tag: 100, bytes: '' },
  { tag: 5000, bytes: 'ff00' },
]

describe('tagged fields that are not known are passed over', { skip: noKafka }, () => {
  for (const of of declared.filter(({ flexibleSince, versions }) => flexibleSince <= versions[1])) {
    test(of.name, () =>
      inEveryVersion(of, anyValueOf, async (value, dialect) => {
        if (!dialect.flexible) return
        const { bytes: known = '' } = ottlaWrites(of, dialect, value)
        const { bytes = '' } = await kafkaWrites(kafka, of, dialect, value, unknownTags)
        assert.notEqual(bytes, known)
        assert.deepEqual(ottlaReads(of, dialect, bytes), ottlaReads(of, dialect, known))
      }),
    )
  }
})
