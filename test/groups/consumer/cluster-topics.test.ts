import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterTopics } from '../../../src/groups/consumer/cluster-topics.js'
import { Topics } from '../../support/topics.js'

const long = Array.from({ length: 11_000 }, (_, i) => `t-${i}`)

/** A cluster whose looks for a topic by its name are counted. */
function cluster(rackOf: (node: number) => string | null = () => null) {
  const topics = new Topics()
  let looks = 0
  const store = Object.assign(Object.create(topics.store) as typeof topics.store, {
    topic: (name: string) => {
      looks++
      return topics.store.topic(name)
    },
  })
  const view = new ClusterTopics(store, rackOf)
  topics.store.onChange(change => view.changed(change))
  return { topics, view, looks: () => looks }
}

test('what a long list stands for is found step by step, and then at hand', () => {
  const { topics, view, looks } = cluster()
  for (const name of ['t-7', 't-10999']) topics.create(name, [0])
  const steps = [...view.preparing(long)]
  assert.equal(steps.length, 110)
  assert.equal(looks(), 11_000)
  assert.deepEqual(view.existing(long), ['t-7', 't-10999'])
  assert.equal(view.idsOf(long).size, 2)
  assert.notEqual(view.hashOf([[], long]), 0n)
  assert.equal(looks(), 11_000)
})

test('a topic that comes while a list is looked through is found', () => {
  const { topics, view } = cluster()
  const steps = view.preparing(long)
  for (let i = 0; i < 10; i++) steps.next()
  topics.create('t-0', [0])
  for (const _ of steps);
  assert.deepEqual(view.existing(long), ['t-0'])
  const id = topics.store.topic('t-0')?.id
  assert.deepEqual([...view.idsOf(long)], [id])
})

test('the hash of topics is one for the same topics, in whichever lists, and another for any others', () => {
  const { topics, view } = cluster(node => `rack ${node}`)
  const hashes = new Set([view.hashOf([long])])
  assert.deepEqual(hashes, new Set([0n]))
  const changes = [
    () => topics.create('t-0', [0]),
    () => topics.create('t-1', [0]),
    () => topics.place('t-0', 0, [1]),
    () => topics.place('t-0', 0, [1, 2]),
    () => topics.place('t-1', 0, [1, 2]),
    () => topics.delete('t-0'),
    () => topics.create('t-0', [0]),
  ]
  for (const [i, change] of changes.entries()) {
    change()
    const hash = view.hashOf([long])
    assert.equal(view.hashOf([['t-1', 't-0']]), hash)
    assert.equal(view.hashOf([['t-0'], long, ['t-1', 'none']]), hash)
    assert.equal(hashes.add(hash).size, i + 2)
  }
})
