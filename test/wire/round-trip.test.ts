import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import * as clusterRecords from '../../src/cluster/records.js'
import * as groupRecords from '../../src/groups/records.js'
import { apis } from '../../src/wire/apis/index.js'
import { Reader } from '../../src/wire/reader.js'
import { dialectOf, type Type } from '../../src/wire/schema.js'
import { Writer } from '../../src/wire/writer.js'
import { anyValueOf } from './arbitrary.js'

const runs = 30

describe('what is written is read again, in every version', () => {
  for (const api of apis) {
    for (const direction of ['request', 'response'] as const) {
      test(`${api.name} ${direction}`, () => holdsInEveryVersion(api, api[direction] as Type<unknown>))
    }
  }
  for (const message of [...Object.values(groupRecords), ...Object.values(clusterRecords)]) {
    test(message.name, () => holdsInEveryVersion(message, message.body as unknown as Type<unknown>))
  }
})

interface Versioned {
  readonly versions: readonly [number, number]
  readonly flexibleSince: number
}

function holdsInEveryVersion(of: Versioned, type: Type<unknown>): void {
  for (let version = of.versions[0]; version <= of.versions[1]; version++) {
    const dialect = dialectOf(of, version)
    const roundTrip = fc.property(anyValueOf(type, version), value => {
      const writer = new Writer()
      type.write(writer, value, dialect)
      const { length } = writer
      const bytes = writer.finish()
      assert.equal(bytes.length, length)
      const reader = new Reader(bytes)
      assert.deepEqual(type.read(reader, dialect), value)
      assert.equal(reader.remaining, 0)
    })
    fc.assert(roundTrip, { numRuns: runs })
  }
}
