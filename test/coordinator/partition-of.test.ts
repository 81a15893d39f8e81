import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOf } from '../../src/coordinator/partition-of.js'

test('a group lives where every Kafka looks for it: by the hash code of a Java string', () => {
  assert.equal(partitionOf('', 50), 0)
  assert.equal(partitionOf('abc', 50), 96354 % 50)
  assert.equal(partitionOf('hello', 50), 99162322 % 50)
  assert.equal(partitionOf('Größe', 2 ** 31), 69209585)
})

test('a negative hash counts by its absolute value, and the one without such a value as 0', () => {
  assert.equal(partitionOf('zzzzzzz', 2 ** 31), Math.abs(javaHash('zzzzzzz')))
  assert.equal(partitionOf('polygenelubricants', 50), 0)
})

function javaHash(text: string): number {
  return Number(
    BigInt.asIntN(
      32,
      [...text].reduce((hash, char) => hash * 31n + BigInt(char.charCodeAt(0)), 0n),
    ),
  )
}
