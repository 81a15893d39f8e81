import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTopicName } from '../../src/topics/topic-name.js'

for (const name of ['', '.', '..', 'a b', 'ü', 'a/b', 'x'.repeat(250)]) {
  test(`'${name.slice(0, 10)}' of ${name.length} characters is no name for a topic`, () => {
    assert.throws(() => checkTopicName(name), { errorName: 'INVALID_TOPIC_EXCEPTION' })
  })
}

for (const name of ['a', 'A-b_c.9', '...', 'x'.repeat(249)]) {
  test(`'${name.slice(0, 10)}' of ${name.length} characters may be a topic's name`, () =>
    checkTopicName(name))
}
