import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaError } from '../../src/wire/errors.js'

test('the words of an error fit into an answer, whatever they quote', () => {
  const { message } = new KafkaError(
    'INVALID_TOPIC_EXCEPTION',
    `The topic ${'x'.repeat(32_767)} is not there.`,
  )
  assert.ok(Buffer.byteLength(message) < 32_767)
  assert.match(message, /^The topic x+\.\.\.x+ is not there\.$/)
})

test('an error without words has none but its name', () => {
  assert.equal(new KafkaError('UNKNOWN_TOPIC_ID').detail, null)
})
