import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Reader } from '../../src/wire/reader.js'
import { Writer } from '../../src/wire/writer.js'
import { randomRuns } from '../support/random-runs.js'
import { anyValueOf } from './arbitrary.js'
import { declared, dialectsOf } from './declared.js'

const runs = randomRuns(30, 1000)

describe('what is written is read again, in every version', () => {
  for (const message of declared) {
    test(message.name, () => {
      const { type } = message
      for (const dialect of dialectsOf(message)) {
        const roundTrip = fc.property(anyValueOf(type, dialect.version), value => {
          const writer = new Writer()
          type.write(writer, value, dialect)
          const { length } = writer
          const bytes = writer.finish()
          assert.equal(bytes.length, length)
          const reader = new Reader(bytes)
          assert.deepEqual(type.read(reader, dialect), value)
          assert.equal(reader.remaining, 0)
        })
        fc.assert(roundTrip, runs)
      }
    })
  }
})
