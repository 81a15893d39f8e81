import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerOptions } from '../../src/index.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
const strangeId = 'AAAAAAAAAAAAAAAAAAAAQQ'
const named = (name: string) => ({ name, topicId: noId })
const withId = (topicId: string) => ({ name: null, topicId })

async function opened(options: BrokerOptions = {}) {
  const served = await ServedBroker.open({ topics: ['a', 'b', 'c'], ...options })
  const remove = async (topics: readonly { name: string | null; topicId: string }[]) => {
    const { responses } = await served.ask(deleteTopics, 6, { topics, timeoutMs: 1000 })
    return responses
  }
  const names = async () => {
    const { topics } = await served.ask(metadata, 9, { topics: null })
    return topics.map(topic => topic.name).sort()
  }
  return { served, remove, names, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('topics go by name or by id, and the answer tells both', async () => {
  await using world = await opened()
  const [a, b] = [await world.served.topicId('a'), await world.served.topicId('b')]
  const answers = await world.remove([named('a'), withId(b)])
  assert.deepEqual(
    answers.map(answer => [answer.name, answer.topicId, errorName(answer)]),
    [
      ['a', a, 'NONE'],
      ['b', b, 'NONE'],
    ],
  )
  assert.deepEqual(await world.names(), ['c'])
})

test('before version 6 topics go by name', async () => {
  await using world = await opened()
  const { responses } = await world.served.ask(deleteTopics, 1, {
    topicNames: ['a', 'nope'],
    timeoutMs: 1000,
  })
  assert.deepEqual(
    responses.map(answer => [answer.name, errorName(answer)]),
    [
      ['a', 'NONE'],
      ['nope', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ],
  )
  assert.deepEqual(await world.names(), ['b', 'c'])
})

test('a missing topic has one error by name and another by id', async () => {
  await using world = await opened()
  const answers = await world.remove([named('nope'), withId(strangeId)])
  assert.deepEqual(
    answers.map(answer => [answer.name, answer.topicId, errorName(answer)]),
    [
      ['nope', noId, 'UNKNOWN_TOPIC_OR_PARTITION'],
      [null, strangeId, 'UNKNOWN_TOPIC_ID'],
    ],
  )
})

test('a topic with both name and id, or with neither, is refused', async () => {
  await using world = await opened()
  const id = await world.served.topicId('a')
  const answers = await world.remove([{ name: 'a', topicId: id }, withId(noId), withId(noId), named('b')])
  assert.deepEqual(answers.map(errorName), ['INVALID_REQUEST', 'INVALID_REQUEST', 'INVALID_REQUEST', 'NONE'])
  assert.deepEqual(await world.names(), ['a', 'c'])
})

test('a topic that is named twice stays, and is answered once', async () => {
  await using world = await opened()
  const [a, b] = [await world.served.topicId('a'), await world.served.topicId('b')]
  const wanted = [
    named('a'),
    named('b'),
    withId(a),
    named('b'),
    withId(strangeId),
    withId(strangeId),
    named('c'),
  ]
  const answers = await world.remove(wanted)
  assert.deepEqual(
    answers.map(answer => [answer.name, answer.topicId, errorName(answer)]),
    [
      ['a', a, 'INVALID_REQUEST'],
      ['b', noId, 'INVALID_REQUEST'],
      [null, strangeId, 'INVALID_REQUEST'],
      ['c', answers[3]?.topicId, 'NONE'],
    ],
  )
  assert.deepEqual(await world.names(), ['a', 'b'])
  assert.equal(await world.served.topicId('b'), b)
})

test('where topics may not be deleted none is, whether it is there or not', async () => {
  await using world = await opened({ set: { 'delete.topic.enable': false } })
  const answers = await world.remove([named('a'), named('nope')])
  assert.deepEqual(answers.map(errorName), ['TOPIC_DELETION_DISABLED', 'TOPIC_DELETION_DISABLED'])
  assert.deepEqual(
    answers.map(({ errorMessage }) => errorMessage),
    [null, null],
  )
  const { responses } = await world.served.ask(deleteTopics, 2, { topicNames: ['a'], timeoutMs: 1000 })
  assert.equal(errorName(responses[0]), 'INVALID_REQUEST')
  assert.deepEqual(await world.names(), ['a', 'b', 'c'])
})

test('a topic that is made again is empty, and its old id means nothing', async () => {
  await using world = await opened()
  await world.served.write('a', ['old'])
  const old = await world.served.topicId('a')
  await world.remove([named('a')])
  await world.served.create('a')
  assert.deepEqual(await world.served.values('a'), [])
  const { topics } = await world.served.ask(metadata, 12, { topics: [{ name: null, topicId: old }] })
  assert.equal(errorName(topics[0]), 'UNKNOWN_TOPIC_ID')
})
