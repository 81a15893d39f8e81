import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Outcome, offsetAnswers } from '../../src/handlers/offset-answers.js'

const kept = (partitionIndex: number): Outcome => ({ partitionIndex, error: 'NONE', early: false })
const missing = (partitionIndex: number): Outcome => ({
  partitionIndex,
  error: 'UNKNOWN_TOPIC_OR_PARTITION',
  early: true,
})

function told(...topics: (readonly [name: string, ...outcomes: Outcome[]])[]): string[] {
  const answers = offsetAnswers(
    topics.map(([name]) => ({ name, topicId: '' })),
    (_topic, i) => topics[i]?.slice(1) as Outcome[],
  )
  return answers.map(
    ({ name, partitions }) => `${name} ${partitions.map(({ partitionIndex }) => partitionIndex)}`,
  )
}

test('what is not there is told first, and the rest of its topic behind it', () => {
  assert.deepEqual(told(['a', kept(0)], ['b', kept(1), missing(5), kept(0)]), ['b 5,1,0', 'a 0'])
})

test('where nothing is missing, topics are told as they were asked about', () => {
  assert.deepEqual(told(['a', kept(0)], ['b', kept(0)], ['a', kept(1)]), ['a 0', 'b 0', 'a 1'])
})

test('a topic without partitions is not told', () => {
  assert.deepEqual(told(['a'], ['b', kept(0)]), ['b 0'])
})
