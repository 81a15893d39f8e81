import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatheredChanges, inParts, type PlannedChange } from '../../src/cluster/gathered-changes.js'
import { decodeFact, type MetadataDraft } from '../../src/cluster/metadata-serde.js'
import { KafkaError } from '../../src/wire/errors.js'

/** A journal that remembers its appends, one text for each, and fails those that a test chose. */
class Journal {
  readonly appends: string[] = []
  /** The numbers of the appends that fail. */
  failing: readonly number[] = []
  #calls = 0

  all(plans: readonly (() => PlannedChange)[]) {
    const gathered = new GatheredChanges(async values => {
      if (this.failing.includes(this.#calls++)) throw new KafkaError('KAFKA_STORAGE_ERROR')
      this.appends.push(values.map(nameIn).join(' '))
    })
    return gathered.all(plans)
  }
}

const nameIn = (value: Buffer): string => {
  const fact = decodeFact(value)
  return fact?.kind === 'config' ? fact.value.name : ''
}

const fact = (name: string, value = ''): MetadataDraft => ({
  kind: 'config',
  value: { resourceType: 2, resourceName: 'orders', name, value },
})

const change = (about: string, names: readonly string[] = [about], value = '') => ({
  about,
  facts: names.map(name => fact(name, value)),
})

const refusals = (answers: readonly (KafkaError | null)[]) => answers.map(each => each?.errorName ?? null)

test('what is asked for together is kept by one append', async () => {
  const journal = new Journal()
  const answers = await journal.all([() => change('a'), () => change('b', ['b1', 'b2']), () => change('c')])
  assert.deepEqual(refusals(answers), [null, null, null])
  assert.deepEqual(journal.appends, ['a b1 b2 c'])
})

test('a plan that is refused is answered for itself, and one that changes nothing is a success', async () => {
  const journal = new Journal()
  const refused = () => {
    throw new KafkaError('INVALID_CONFIG')
  }
  const answers = await journal.all([() => change('a'), refused, () => change('b', [])])
  assert.deepEqual(refusals(answers), [null, 'INVALID_CONFIG', null])
  assert.deepEqual(journal.appends, ['a'])
})

test('no append has more than 250 facts, or as much work, unless one change does', async () => {
  const journal = new Journal()
  const names = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}`)
  await journal.all([
    () => change('a', names('a', 150)),
    () => change('b', names('b', 101)),
    () => change('c', names('c', 350)),
    () => ({ ...change('d'), weight: 249 }),
    () => change('e'),
    () => change('f'),
  ])
  assert.deepEqual(
    journal.appends.map(each => `${each[0]}${each.split(' ').length}`),
    ['a150', 'b101', 'c350', 'd2', 'f1'],
  )
})

test('no append has more than 4 MiB, unless one change does, and none is empty', async () => {
  const journal = new Journal()
  const long = 'x'.repeat(32_000)
  const longs = (letter: string, count: number) => {
    const names = Array.from({ length: count }, (_, i) => `${letter}${i}`)
    return () => change(letter, names, long)
  }
  await journal.all([longs('a', 150), longs('b', 100), () => change('c'), longs('d', 60)])
  assert.deepEqual(
    journal.appends.map(each => `${each[0]}${each.split(' ').length}`),
    ['a150', 'b101', 'd60'],
  )
})

test('an append that fails is the answer of what it was to keep, and of nothing else', async () => {
  const journal = new Journal()
  journal.failing = [1]
  const heavy = (about: string) => () => ({ ...change(about), weight: 125 })
  const answers = await journal.all([...'abcdef'].map(heavy))
  const failed = 'KAFKA_STORAGE_ERROR'
  assert.deepEqual(refusals(answers), [null, null, failed, failed, null, null])
  assert.deepEqual(journal.appends, ['a b', 'e f'])
})

test('the second change of the same thing is planned on what the first one left', async () => {
  const journal = new Journal()
  const plan = () => change('a', [`after-${journal.appends.length}`])
  await journal.all([plan, () => change('b'), plan])
  assert.deepEqual(journal.appends, ['after-0 b', 'after-1'])
})

test('a bug in a plan is thrown as it is', async () => {
  const bug = () => {
    throw new RangeError('no')
  }
  await assert.rejects(new Journal().all([() => change('a'), bug]), RangeError)
})

test('facts that are each for themselves come in parts of 4 MiB, of which none is empty', () => {
  const sizes = (values: readonly number[]) =>
    [...inParts(values.map(each => Buffer.alloc(each << 20)))].map(part =>
      part.map(({ length }) => length >> 20),
    )
  assert.deepEqual(sizes([5, 1, 3, 1, 6]), [[5], [1, 3], [1], [6]])
  assert.deepEqual(sizes([2]), [[2]])
})
