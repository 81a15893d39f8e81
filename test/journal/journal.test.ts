import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FactCodec, Journal, type Outcome } from '../../src/journal/journal.js'
import { KafkaError } from '../../src/wire/errors.js'
import { JournalLog } from '../support/journal-log.js'
import { ManualClock } from '../support/manual-clock.js'

const target = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition: 0 }
const words: FactCodec<string> = {
  encode: fact => ({ key: Buffer.from('word'), value: Buffer.from(fact) }),
  decode: (_key, value) => (value && value.toString() !== 'foreign' ? value.toString() : null),
}
const nothing: Outcome<string> = { facts: [] }
const settle = () => new Promise(resolve => setImmediate(resolve))

function open(log = new JournalLog()) {
  const applied: string[] = []
  const said: string[] = []
  const journal = new Journal({
    target,
    fence: 0,
    log: log.engine,
    clock: new ManualClock(),
    codec: words,
    timeoutMs: 5000,
    machine: {
      apply: (fact, producerId) => applied.push(producerId === null ? fact : `${fact} of ${producerId}`),
      ended: (producerId, committed) => applied.push(`${committed ? 'commit' : 'abort'} of ${producerId}`),
    },
    lost: cause => said.push(`lost: ${cause}`),
  })
  const keep = (...facts: string[]) =>
    journal.run(
      () => {
        said.push(`${facts} runs`)
        return {
          facts,
          kept: () => void said.push(`${facts} is kept`),
          failed: error => void said.push(`${facts} fails: ${error.errorName}`),
        }
      },
      reason => said.push(`${facts} is refused: ${reason instanceof KafkaError ? reason.errorName : reason}`),
    )
  return { log, journal, applied, said, keep }
}

test('a command that keeps nothing runs at once', () => {
  const { journal, said } = open()
  journal.run(
    () => {
      said.push('run')
      return nothing
    },
    () => said.push('refused'),
  )
  assert.deepEqual(said, ['run'])
})

test('commands run one after the other, each after the facts of the one before are applied', async () => {
  const { log, applied, said, keep } = open()
  log.hold()
  keep('first')
  keep('second')
  await settle()
  assert.deepEqual(said, ['first runs'])
  assert.deepEqual(applied, [])
  log.release()
  await settle()
  assert.deepEqual(said, ['first runs', 'first is kept', 'second runs', 'second is kept'])
  assert.deepEqual(applied, ['first', 'second'])
})

test('what follows from a command runs before any other command', async () => {
  const { journal, said, applied, keep } = open()
  journal.run(
    () => ({ facts: ['cause'], kept: () => ({ facts: ['effect'], kept: () => void said.push('done') }) }),
    () => assert.fail('refused'),
  )
  keep('other')
  await settle()
  assert.deepEqual(applied, ['cause', 'effect', 'other'])
  assert.deepEqual(said, ['done', 'other runs', 'other is kept'])
})

test('a fact that is certainly not stored is not applied, and its command learns why', async () => {
  const { log, applied, said, keep } = open()
  log.failures.push({ kind: 'rejected', error: 'MESSAGE_TOO_LARGE' }, { kind: 'unavailable' })
  keep('large')
  keep('unlucky')
  keep('fine')
  await settle()
  assert.deepEqual(applied, ['fine'])
  assert.deepEqual(
    said.filter(line => line.includes('fails')),
    ['large fails: MESSAGE_TOO_LARGE', 'unlucky fails: COORDINATOR_NOT_AVAILABLE'],
  )
})

for (const failure of [{ kind: 'unknown' } as const, new Error('disk on fire')]) {
  test(`after an append of unknown outcome (${failure instanceof Error ? failure.message : failure.kind}) the journal serves nobody until it is replayed`, async () => {
    const { log, applied, said, keep } = open()
    log.failures.push(failure)
    keep('doubtful')
    keep('next')
    await settle()
    assert.deepEqual(applied, [])
    assert.match(
      said.join('\n'),
      /next is refused: NOT_COORDINATOR\nlost: .*\ndoubtful is refused: COORDINATOR_NOT_AVAILABLE/,
    )
    keep('later')
    assert.equal(said.at(-1), 'later is refused: NOT_COORDINATOR')
  })
}

test('what a command throws goes to whoever asked, and the next command runs', async () => {
  const { journal, said, keep } = open()
  journal.run(
    () => {
      throw new KafkaError('ILLEGAL_GENERATION')
    },
    reason => said.push(String(reason)),
  )
  keep('next')
  await settle()
  assert.deepEqual(said, ['KafkaError: ILLEGAL_GENERATION', 'next runs', 'next is kept'])
})

test('a replay applies all that was kept, in order, and skips what another reader wrote', async () => {
  const { log, keep } = open()
  for (const word of ['one', 'two', 'foreign', 'three', 'four']) keep(word)
  await settle()
  await settle()
  const again = open(log)
  await again.journal.replay()
  assert.deepEqual(again.applied, ['one', 'two', 'three', 'four'])
})

test('many facts go out in batches that stay under the limit of a topic, in one append', async () => {
  const { log, journal, applied } = open()
  const facts = Array.from({ length: 300 }, (_, i) => `${i}`.padEnd(5000, '.'))
  journal.run(
    () => ({ facts }),
    () => assert.fail('refused'),
  )
  await settle()
  assert.equal(log.appends, 1)
  assert.equal(log.records(target), 300)
  assert.deepEqual(applied, facts)
})

test('closing refuses what waits, and is over when the append under way is', async () => {
  const { log, journal, applied, said, keep } = open()
  log.hold()
  keep('under way')
  keep('waiting')
  let closed = false
  void journal.close().then(() => {
    closed = true
  })
  await settle()
  assert.equal(closed, false)
  assert.equal(said.at(-1), 'waiting is refused: NOT_COORDINATOR')
  log.release()
  await settle()
  assert.equal(closed, true)
  assert.equal(said.at(-1), 'under way is refused: NOT_COORDINATOR')
  assert.deepEqual(applied, [])
})

test('a replay reads nothing twice', async () => {
  const { log, keep } = open()
  for (const word of ['a', 'b', 'c', 'd', 'e', 'f']) {
    keep(word)
    await settle()
  }
  const again = open(log)
  await again.journal.replay()
  assert.deepEqual(again.applied, ['a', 'b', 'c', 'd', 'e', 'f'])
  assert.equal(log.reads, 3) // the last one finds nothing more
})

test('facts within a transaction, and its end, are applied as such, on replay as well', async () => {
  const { log, journal, applied, keep } = open()
  const producer = { producerId: 7n, producerEpoch: 3 }
  const marker = { ...producer, committed: true, coordinatorEpoch: 1, transactionVersion: 0 }
  const refused = (reason: unknown) => assert.fail(String(reason))
  keep('outside')
  journal.run(() => ({ facts: ['inside'], within: { ...producer, guard: null } }), refused)
  journal.run(() => ({ facts: [], ends: marker }), refused)
  await settle()
  const expected = ['outside', 'inside of 7', 'commit of 7']
  assert.deepEqual(applied, expected)
  const second = open(log)
  await second.journal.replay()
  assert.deepEqual(second.applied, expected)
})
