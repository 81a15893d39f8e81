import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClientAttributes, compileMatch } from '../../src/config/client-match.js'

const client: ClientAttributes = {
  client_instance_id: 'AAAAAAAAAAAAAAAAAAAABA',
  client_id: 'orders-7',
  client_software_name: 'apache-kafka-java',
  client_software_version: '4.1.0',
  client_source_address: '10.0.0.7',
  client_source_port: '49152',
}
const matches = (...patterns: readonly string[]) => compileMatch(patterns)(client)

test('every attribute that is named has to match as a whole', () => {
  assert.equal(matches(), true)
  assert.equal(matches('client_id=orders-.*'), true)
  assert.equal(matches('client_id=orders'), false)
  assert.equal(matches(' client_id = orders-. ', 'client_source_port=491[0-9]+'), true)
  assert.equal(matches('client_id=orders-.', 'client_source_address=127[.].*'), false)
  assert.equal(matches('client_instance_id=A+BA', 'client_software_version=4[.]1.*'), true)
})

test('the last expression of an attribute counts', () => {
  assert.equal(matches('client_id=nobody', 'client_id=orders.*'), true)
})

test('a client that has no id matches no expression for it', () => {
  assert.equal(compileMatch(['client_id=.*'])({ ...client, client_id: null }), false)
})

for (const wrong of [
  '',
  'client_id',
  'client_id=',
  '=x',
  'client_id=a=b',
  'client=x',
  'client_id=(',
  'client_id=(?=x)',
]) {
  test(`'${wrong}' is no pattern`, () => {
    assert.throws(() => compileMatch([wrong]), { errorName: 'INVALID_CONFIG' })
  })
}
