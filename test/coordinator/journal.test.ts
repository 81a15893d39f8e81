import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Journal } from '../../src/coordinator/journal.js'
import type { FactCodec, Outcome } from '../../src/coordinator/outcome.js'
import { codecs } from '../../src/records/compression/compression.js'
import { Inflater } from '../../src/records/inflater.js'
import { buildBatch } from '../../src/records/record-batch.js'
import { silent } from '../../src/telemetry/logger.js'
import { KafkaError } from '../../src/wire/errors.js'
import { inflater } from '../support/inflater.js'
import { JournalLog } from '../support/journal-log.js'
import { record } from '../support/log-world.js'
import { ManualClock } from '../support/manual-clock.js'

const target = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition: 0 }
const words: FactCodec<string> = {
  encode: fact => ({ key: Buffer.from('word'), value: Buffer.from(fact) }),
  decode: (_key, value) => (value && value.toString() !== 'foreign' ? value.toString() : null),
}
const nothing: Outcome<string> = { facts: [] }
const settle = () => new Promise(resolve => setImmediate(resolve))

function open(log = new JournalLog(), { inflating = inflater(), codec = words } = {}) {
  const applied: string[] = []
  const said: string[] = []
  const clock = new ManualClock()
  const journal: Journal<string> = new Journal({
    target,
    fence: 7,
    log: log.engine,
    inflater: inflating,
    clock,
    logger: silent,
    codec,
    timeoutMs: () => 5000,
    maxCommands: () => 3,
    maxBatchBytes: () => 1 << 20,
    machine: {
      apply: (fact, producerId) => applied.push(producerId === null ? fact : `${fact} of ${producerId}`),
      ended: (producerId, committed) => applied.push(`${committed ? 'commit' : 'abort'} of ${producerId}`),
    },
    lost: cause => said.push(`lost: ${cause}`),
  })
  const refused = (what: unknown) => (reason: unknown) =>
    said.push(`${what} is refused: ${reason instanceof KafkaError ? reason.errorName : reason}`)
  const keepOf = (subject: string, how: { shares?: boolean; patient?: boolean }, ...facts: string[]) =>
    journal.run({
      subject,
      ...how,
      step: () => {
        said.push(`${facts} runs`)
        return {
          facts,
          kept: () => void said.push(`${facts} is kept`),
          failed: error => void said.push(`${facts} fails: ${error.errorName}`),
          late: () => void said.push(`${facts} is late`),
        }
      },
      refused: refused(facts),
    })
  const keep = (...facts: string[]) => keepOf('it', { patient: true }, ...facts)
  const run = (step: () => Outcome<string>, subject: string | null = 'it') =>
    journal.run({ subject, step, refused: refused('it') })
  return { log, journal, applied, said, clock, keep, keepOf, run }
}

test('a command that keeps nothing runs at once', () => {
  const { run, said } = open()
  run(() => {
    said.push('run')
    return nothing
  })
  assert.deepEqual(said, ['run'])
})

test('commands about the same subject run one after the other, each after the facts of the one before are applied', async () => {
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

test('what follows from a command runs before any other command about its subject', async () => {
  const { run, said, applied, keep } = open()
  run(() => ({
    facts: ['cause'],
    kept: () => ({ facts: ['effect'], kept: () => void said.push('done') }),
  }))
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
    ['large fails: MESSAGE_TOO_LARGE', 'unlucky fails: KAFKA_STORAGE_ERROR'],
  )
})

for (const failure of [{ kind: 'unknown' } as const, new Error('disk on fire')]) {
  test(`after an append of unknown outcome (${failure instanceof Error ? failure.message : failure.kind}) the journal runs no command until it is replayed`, async () => {
    const { log, applied, said, keep } = open()
    log.failures.push(failure)
    keep('doubtful')
    keep('next')
    await settle()
    assert.deepEqual(applied, [])
    assert.match(
      said.join('\n'),
      /doubtful is refused: COORDINATOR_NOT_AVAILABLE\nnext is refused: COORDINATOR_NOT_AVAILABLE\nlost: .*/,
    )
    keep('later')
    assert.equal(said.at(-1), 'later is refused: NOT_COORDINATOR')
  })
}

test('the error of a command goes to its caller, and the next command runs', async () => {
  const { run, said, keep } = open()
  run(() => {
    throw new KafkaError('ILLEGAL_GENERATION')
  })
  keep('next')
  await settle()
  assert.deepEqual(said, ['it is refused: ILLEGAL_GENERATION', 'next runs', 'next is kept'])
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
  const { log, run, applied } = open()
  const facts = Array.from({ length: 300 }, (_, i) => `${i}`.padEnd(5000, '.'))
  run(() => ({ facts }))
  await settle()
  assert.equal(log.appends, 1)
  assert.equal(log.records(target), 300)
  assert.deepEqual(applied, facts)
})

test('closing refuses what is under way, and is over when the append is', async () => {
  const { log, journal, applied, said, keep } = open()
  log.hold()
  keep('under way')
  keep('waiting')
  let closed = false
  journal.close().then(() => {
    closed = true
  })
  await settle()
  assert.equal(closed, false)
  const refusals = ['under way is refused: NOT_COORDINATOR', 'waiting is refused: NOT_COORDINATOR']
  assert.deepEqual(said, ['under way runs', ...refusals])
  log.release()
  await settle()
  assert.equal(closed, true)
  assert.deepEqual(said, ['under way runs', ...refusals])
  assert.deepEqual(applied, [])
})

test('a replay takes in what Apache Kafka compressed, within the limits that every batch has', async () => {
  const log = new JournalLog()
  const records = ['one', 'two'].map(value => ({ ...record(value), key: Buffer.from('word') }))
  const bytes = await buildBatch({ records, codec: codecs.gzip })
  await log.append([{ target, bytes, fence: 0 }])
  const { journal, applied } = open(log)
  await journal.replay()
  assert.deepEqual(applied, ['one', 'two'])
  const narrow = open(log, { inflating: new Inflater({ mostBatchBytes: 20, memoryBytes: 20 }) })
  await assert.rejects(narrow.journal.replay(), { errorName: 'MESSAGE_TOO_LARGE' })
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
  const { log, run, applied, keep } = open()
  const producer = { producerId: 7n, producerEpoch: 3 }
  const marker = { ...producer, committed: true, coordinatorEpoch: 1, transactionVersion: 0 }
  keep('outside')
  run(() => ({ facts: ['inside'], within: { ...producer, guard: null } }))
  run(() => ({ facts: [], ends: marker }))
  await settle()
  const expected = ['outside', 'inside of 7', 'commit of 7']
  assert.deepEqual(applied, expected)
  const second = open(log)
  await second.journal.replay()
  assert.deepEqual(second.applied, expected)
})

test('the facts of commands about other subjects during an append are gathered for the next one', async () => {
  const { log, said, keepOf, applied } = open()
  log.hold()
  keepOf('a', {}, 'first')
  keepOf('b', {}, 'second')
  keepOf('c', {}, 'third')
  assert.deepEqual(said, ['first runs', 'second runs', 'third runs'])
  log.release()
  await settle()
  assert.equal(log.appends, 2)
  assert.deepEqual(applied, ['first', 'second', 'third'])
  assert.deepEqual(said.slice(3), ['first is kept', 'second is kept', 'third is kept'])
})

test('of those gathered in one append each learns of its own outcome', async () => {
  const { log, said, keepOf, applied } = open()
  log.hold()
  keepOf('a', {}, 'first')
  keepOf('b', {}, 'second')
  keepOf('c', {}, 'third')
  log.failOnly('second', { kind: 'rejected', error: 'MESSAGE_TOO_LARGE' })
  log.release()
  await settle()
  assert.deepEqual(applied, ['first', 'third'])
  assert.deepEqual(said.slice(3), ['first is kept', 'second fails: MESSAGE_TOO_LARGE', 'third is kept'])
})

test('a command of which one batch would be too large keeps none of them, and the next one goes on', async () => {
  const { log, said, keep, applied } = open()
  const [small, large] = ['small', 'x'.repeat(2 << 20)]
  keep(small, large)
  keep('next')
  await settle()
  assert.deepEqual(applied, ['next'])
  assert.equal(log.appends, 1)
  const told = said.map(each => each.replace(large, 'large'))
  assert.deepEqual(told, [
    'small,large runs',
    'small,large fails: MESSAGE_TOO_LARGE',
    'next runs',
    'next is kept',
  ])
})

test('what is too large by itself, or together within a transaction, is not even put into bytes', async () => {
  const log = new JournalLog()
  const encoded: string[] = []
  const codec: FactCodec<string> = {
    ...words,
    leastBytes: fact => Number(fact),
    encode: fact => {
      encoded.push(fact)
      return words.encode(fact)
    },
  }
  const { run, said, applied } = open(log, { codec })
  const half = String((1 << 20) * 0.6)
  const failed = (error: KafkaError) => void said.push(error.errorName)
  run(() => ({ facts: ['1', String(2 << 20)], failed }))
  run(() => ({ facts: [half, half], within: { producerId: 1n, producerEpoch: 0, guard: null }, failed }))
  assert.deepEqual([said, encoded], [['MESSAGE_TOO_LARGE', 'MESSAGE_TOO_LARGE'], []])
  run(() => ({ facts: [half, half], failed }))
  for (let i = 0; i < 6; i++) await settle() // they are put into bytes in turns
  assert.deepEqual(applied, [half, half])
})

test('a large fact is put into bytes in turns, and commands about other subjects run meanwhile', async () => {
  const log = new JournalLog()
  const large = 'large'.padEnd(200_000)
  let goOn = () => {}
  const codec: FactCodec<string> = {
    ...words,
    leastBytes: fact => fact.length,
    encode: fact => {
      assert.notEqual(fact, large)
      return words.encode(fact)
    },
    async encodeInTurns(fact) {
      await new Promise<void>(resolve => (goOn = resolve))
      return words.encode(fact)
    },
  }
  const { keepOf, said, applied } = open(log, { codec })
  keepOf('a', {}, large)
  for (let i = 0; i < 3; i++) await settle()
  keepOf('b', {}, 'small')
  assert.equal(said.at(-1), 'small runs')
  assert.deepEqual(applied, [])
  goOn()
  for (let i = 0; i < 6; i++) await settle()
  assert.deepEqual(applied, [large, 'small'])
})

test('what stands in the log before a doubt is kept, all that comes after it is refused', async () => {
  const { log, said, keepOf, applied } = open()
  log.hold()
  keepOf('a', {}, 'first')
  keepOf('b', {}, 'second')
  keepOf('c', {}, 'third')
  log.failOnly('second', { kind: 'unknown' })
  log.release()
  await settle()
  assert.deepEqual(applied, ['first'])
  assert.deepEqual(said.slice(3, 6), [
    'first is kept',
    'second is refused: COORDINATOR_NOT_AVAILABLE',
    'third is refused: COORDINATOR_NOT_AVAILABLE',
  ])
})

test('commands about one subject that share are gathered, and one that does not waits for them', async () => {
  const { log, said, keepOf } = open()
  log.hold()
  keepOf('a', { shares: true }, 'first')
  keepOf('a', { shares: true }, 'second')
  keepOf('a', {}, 'alone')
  assert.deepEqual(said, ['first runs', 'second runs'])
  log.release()
  await settle()
  assert.deepEqual(said.slice(2), ['first is kept', 'second is kept', 'alone runs', 'alone is kept'])
  assert.equal(log.appends, 3)
})

test('a client that waits too long is answered once, and what it asked for counts when it comes', async () => {
  const { log, said, keepOf, applied, clock } = open()
  log.hold()
  keepOf('a', {}, 'slow')
  clock.advance(4999)
  assert.deepEqual(said, ['slow runs'])
  clock.advance(1)
  assert.deepEqual(said.slice(1), ['slow is refused: COORDINATOR_NOT_AVAILABLE', 'slow is late'])
  keepOf('b', {}, 'other')
  log.release()
  await settle()
  assert.deepEqual(applied, ['slow', 'other'])
  assert.deepEqual(said.slice(3), ['other runs', 'slow is kept', 'other is kept'])
})

test('a command that did not run before its client had waited too long never does', async () => {
  const { log, said, keepOf, clock } = open()
  log.hold()
  keepOf('a', { patient: true }, 'slow')
  keepOf('a', {}, 'behind')
  keepOf('a', { patient: true }, 'own')
  clock.advance(5000)
  assert.deepEqual(said, ['slow runs', 'behind is refused: COORDINATOR_NOT_AVAILABLE'])
  log.release()
  await settle()
  assert.deepEqual(said.slice(2), ['slow is kept', 'own runs', 'own is kept'])
})

test('each client waits its own time', () => {
  const { log, said, keepOf, clock } = open()
  log.hold()
  keepOf('a', {}, 'first')
  clock.advance(3000)
  keepOf('b', {}, 'second')
  clock.advance(2000)
  assert.equal(said.at(-1), 'first is late')
  clock.advance(2999)
  assert.equal(said.at(-1), 'first is late')
  clock.advance(1)
  assert.equal(said.at(-1), 'second is late')
})

test('beyond the limit clients get a retriable error, and commands of the broker itself still run', async () => {
  const { log, said, keepOf } = open()
  log.hold()
  for (const subject of ['a', 'b', 'b']) keepOf(subject, {}, `of ${subject}`)
  keepOf('c', {}, 'one too many')
  keepOf('c', { patient: true }, 'own')
  assert.deepEqual(said.slice(2), ['one too many is refused: COORDINATOR_LOAD_IN_PROGRESS', 'own runs'])
  log.release()
  await settle()
  keepOf('c', {}, 'again')
  assert.equal(said.at(-1), 'again runs')
})

test('a log that holds what was not applied is replayed before the next answer', async () => {
  const { log, said, keep, applied } = open()
  keep('known')
  await settle()
  open(log).keep('of another')
  await settle()
  keep('next')
  await settle()
  assert.deepEqual(applied, ['known'])
  assert.match(
    said.join('\n'),
    /next is refused: COORDINATOR_NOT_AVAILABLE\nlost: .*before offset 2 that was not/,
  )
})

test('facts that cannot be applied, or written, are no reason to stop', async () => {
  const { said, run, keep, applied } = open()
  run(() => ({ facts: [null as unknown as string], failed: error => void said.push(error.errorName) }))
  keep('fine')
  await settle()
  assert.match(String(said[0]), /it is refused: TypeError/)
  assert.equal(said[1], 'UNKNOWN_SERVER_ERROR')
  assert.deepEqual(applied, ['fine'])
})

test('every batch carries the leader epoch of the journal', async () => {
  const { log, keep, run } = open()
  keep('fact')
  const marker = {
    producerId: 7n,
    producerEpoch: 3,
    committed: true,
    coordinatorEpoch: 1,
    transactionVersion: 0,
  }
  run(() => ({ facts: [], ends: marker }))
  await settle()
  await settle()
  assert.deepEqual(log.fences, [7, 7])
})

test('a journal whose fence is over runs no command any more', async () => {
  const { log, said, keep } = open()
  log.failures.push({ kind: 'rejected', error: 'NOT_LEADER_OR_FOLLOWER' })
  keep('fenced off')
  keep('next')
  await settle()
  assert.deepEqual(said.slice(1, 3), [
    'fenced off is refused: NOT_COORDINATOR',
    'next is refused: NOT_COORDINATOR',
  ])
  assert.match(String(said[3]), /lost: .*NOT_LEADER_OR_FOLLOWER/)
})

test('a log whose end was compacted away goes on where it was', async () => {
  const { log, keep } = open()
  keep('kept')
  await settle()
  log.compacted = 5n
  const again = open(log)
  await again.journal.replay()
  again.keep('next')
  await settle()
  assert.deepEqual(again.applied, ['kept', 'next'])
})
