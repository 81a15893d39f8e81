import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OffsetAnswers } from '../../../src/handlers/shared/offset-answers.js'
import { Turns } from '../../../src/time/turns.js'

type Outcome = readonly ['kept' | 'missing', partitionIndex: number]

const kept = (partitionIndex: number): Outcome => ['kept', partitionIndex]
const missing = (partitionIndex: number): Outcome => ['missing', partitionIndex]

async function told(...topics: (readonly [name: string, ...outcomes: Outcome[]])[]): Promise<string[]> {
  const answers = new OffsetAnswers()
  for (const [name, ...outcomes] of topics) {
    const topic = { name, topicId: '' }
    for (const [what, partitionIndex] of outcomes) {
      if (what === 'missing') answers.failed(topic, partitionIndex, 'UNKNOWN_TOPIC_OR_PARTITION')
      else answers.answered(topic, partitionIndex, 'NONE')
    }
  }
  const all = await answers.all(new Turns())
  return all.map(
    ({ name, partitions }) => `${name} ${partitions.map(({ partitionIndex }) => partitionIndex)}`,
  )
}

test('a missing partition is answered first, and the rest of its topic behind it', async () => {
  const all = await told(['a', kept(0)], ['b', kept(1), missing(5), kept(0)])
  assert.deepEqual(all, ['b 5,1,0', 'a 0'])
})

test('where nothing is missing, topics are answered in the order of the request', async () => {
  assert.deepEqual(await told(['a', kept(0)], ['b', kept(0)], ['a', kept(1)]), ['a 0', 'b 0', 'a 1'])
})

test('a topic without partitions is left out', async () => {
  assert.deepEqual(await told(['a'], ['b', kept(0)]), ['b 0'])
})

test('one topic may have more partitions than a call has room for arguments', async () => {
  const many = Array.from({ length: 200_000 }, (_, i) => kept(i + 1))
  const [only] = await told(['a', missing(0), ...many])
  assert.equal(only?.split(',').length, 200_001)
})
