import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Answered,
  FetchSessions,
  type SessionFetch,
  type SessionRequest,
} from '../../src/fetch/fetch-sessions.js'
import { Turns } from '../../src/time/turns.js'
import { ManualClock } from '../support/manual-clock.js'

const wanted = (partition: number, fetchOffset = 0n) => ({
  topic: 'letters',
  topicId: '',
  partition,
  currentLeaderEpoch: -1,
  fetchOffset,
  lastFetchedEpoch: -1,
  partitionMaxBytes: 1000,
})
const request = (
  sessionId: number,
  sessionEpoch: number,
  partitions: readonly number[],
  more: Partial<SessionRequest> = {},
) => ({
  sessionId,
  sessionEpoch,
  usesTopicIds: false,
  wanted: partitions.map(partition => wanted(partition)),
  forgotten: [],
  ...more,
})
const nothing: Answered = { errorCode: 0, bytes: 0, highWatermark: 5n, logStartOffset: 0n }

/** Answers all partitions at once. */
function answering(fetch: SessionFetch) {
  const finish = (answers: readonly Answered[]) => {
    const told = answers.map((answer, at) => fetch.tell(at, answer))
    return { sessionId: fetch.end(), told }
  }
  return { partitions: fetch.partitions, finish }
}

function sessions(most = 3) {
  const clock = new ManualClock()
  const their = new FetchSessions(most, clock)
  const all = {
    begin: (asked: SessionRequest) => answering(their.begin(asked)),
    inTurns: async (asked: SessionRequest, turns = new Turns()) =>
      answering(await their.beginInTurns(asked, turns)),
    get count() {
      return their.count
    },
  }
  /** Opens a session, and gives its id. */
  const open = (count = 2) => {
    const partitions = Array.from({ length: count }, (_, i) => i)
    return all.begin(request(0, 0, partitions)).finish(partitions.map(() => nothing)).sessionId
  }
  return { all, clock, open }
}

const partitionsOf = (fetch: { partitions: readonly { partition: number }[] }) =>
  fetch.partitions.map(({ partition }) => partition)

test('a first fetch opens a session, and its answer tells everything', () => {
  const { all } = sessions()
  const { sessionId, told } = all.begin(request(0, 0, [0, 1])).finish([nothing, nothing])
  assert.ok(sessionId > 0)
  assert.deepEqual(told, [true, true])
  assert.equal(all.count, 1)
})

test('a session that begins, changes and ends in turns is as any other', async () => {
  const { all } = sessions(100)
  const fetch = await all.inTurns(request(0, 0, [1, 0, 1]))
  assert.deepEqual(partitionsOf(fetch), [1, 0])
  const { sessionId } = fetch.finish([nothing, nothing])
  const more = Array.from({ length: 1000 }, (_, i) => i)
  const grown = await all.inTurns(request(sessionId, 1, more))
  assert.deepEqual(partitionsOf(grown), [1, 0, ...more.slice(2)])
  const forgotten = more.slice(5).map(partition => ({ topic: 'letters', topicId: '', partition }))
  const shrunk = await all.inTurns(request(sessionId, 2, [], { forgotten }))
  assert.deepEqual(partitionsOf(shrunk), [1, 0, 2, 3, 4])
  assert.deepEqual(partitionsOf(all.begin(request(sessionId, 3, []))), [1, 0, 2, 3, 4])
  assert.deepEqual((await all.inTurns(request(sessionId, -1, [7]))).finish([nothing]), {
    sessionId: 0,
    told: [true],
  })
  assert.equal(all.count, 0)
})

/** Turns that are over at each check. */
const short = () => new Turns(0)
const many = Array.from({ length: 1000 }, (_, i) => i)

test('while a session changes in turns, a second fetch of the same epoch is refused', async () => {
  const { all, open } = sessions(100)
  const id = open()
  const changing = all.inTurns(request(id, 1, many), short())
  assert.throws(() => all.begin(request(id, 1, [])), { errorName: 'INVALID_FETCH_SESSION_EPOCH' })
  assert.equal((await changing).partitions.length, many.length)
})

test('a session that is closed while it changes in turns is not found, and counts no more', async () => {
  const { all, open } = sessions(6)
  const id = open()
  const changing = all.inTurns(request(id, 1, many), short())
  all.begin(request(id, -1, []))
  await assert.rejects(changing, { errorName: 'FETCH_SESSION_ID_NOT_FOUND' })
  const fetch = await all.inTurns(
    request(
      0,
      0,
      Array.from({ length: 1200 }, (_, i) => i),
    ),
  )
  assert.ok(fetch.finish(fetch.partitions.map(() => nothing)).sessionId > 0)
})

test('an incremental fetch names nothing and means everything', () => {
  const { all, open } = sessions()
  const fetch = all.begin(request(open(), 1, []))
  assert.deepEqual(partitionsOf(fetch), [0, 1])
})

test('an incremental answer tells only what is new: records, a bound that moved, an error', () => {
  const { all, open } = sessions()
  const id = open(4)
  const answer = (epoch: number, answers: Answered[]) =>
    all.begin(request(id, epoch, [])).finish(answers).told
  assert.deepEqual(answer(1, [nothing, nothing, nothing, nothing]), [false, false, false, false])
  assert.deepEqual(
    answer(2, [
      nothing,
      { ...nothing, highWatermark: 6n },
      { ...nothing, logStartOffset: 1n },
      { ...nothing, errorCode: 3 },
    ]),
    [false, true, true, true],
  )
})

test('a partition is sent again when its error is over', () => {
  const { all, open } = sessions()
  const id = open(1)
  const told = (epoch: number, errorCode: number) =>
    all.begin(request(id, epoch, [])).finish([{ ...nothing, errorCode }]).told[0]
  assert.equal(told(1, 3), true)
  assert.equal(told(2, 0), true)
  assert.equal(told(3, 0), false)
})

test('partitions join, change and leave a session', () => {
  const { all, open } = sessions()
  const id = open()
  const more = all.begin(
    request(id, 1, [2], { forgotten: [{ topic: 'letters', topicId: '', partition: 0 }] }),
  )
  assert.deepEqual(partitionsOf(more), [1, 2])
  const moved = all.begin({ ...request(id, 2, []), wanted: [wanted(1, 9n)] })
  assert.equal(moved.partitions.find(({ partition }) => partition === 1)?.fetchOffset, 9n)
})

test('a partition that gave records goes to the end, so that none starves the others', () => {
  const { all, open } = sessions()
  const id = open(3)
  all.begin(request(id, 1, [])).finish([{ ...nothing, bytes: 100 }, nothing, nothing])
  assert.deepEqual(partitionsOf(all.begin(request(id, 2, []))), [1, 2, 0])
})

test('a partition that is named twice keeps its place and gets what was said last', () => {
  const { all } = sessions()
  const fetch = all.begin({ ...request(0, 0, []), wanted: [wanted(0, 1n), wanted(1, 2n), wanted(0, 3n)] })
  assert.deepEqual(
    fetch.partitions.map(({ partition, fetchOffset }) => [partition, fetchOffset]),
    [
      [0, 3n],
      [1, 2n],
    ],
  )
})

test('an unknown session and a wrong epoch are refused', () => {
  const { all, open } = sessions()
  const id = open()
  assert.throws(() => all.begin(request(id + 1, 1, [])), { errorName: 'FETCH_SESSION_ID_NOT_FOUND' })
  assert.throws(() => all.begin(request(id, 2, [])), { errorName: 'INVALID_FETCH_SESSION_EPOCH' })
  assert.deepEqual(partitionsOf(all.begin(request(id, 1, []))), [0, 1])
})

test('a session opened with names cannot go on with ids', () => {
  const { all, open } = sessions()
  assert.throws(() => all.begin(request(open(), 1, [], { usesTopicIds: true })), {
    errorName: 'FETCH_SESSION_TOPIC_ID_ERROR',
  })
})

test('a session that has no partition left is closed', () => {
  const { all, open } = sessions()
  const id = open(1)
  const empty = all.begin(
    request(id, 1, [], { forgotten: [{ topic: 'letters', topicId: '', partition: 0 }] }),
  )
  assert.deepEqual(empty.finish([]), { sessionId: 0, told: [] })
  assert.equal(all.count, 0)
})

test('a client closes its session with the final epoch, and starts anew with the first', () => {
  const { all, open } = sessions()
  assert.equal(all.begin(request(open(), -1, [0])).finish([nothing]).sessionId, 0)
  assert.equal(all.count, 0)
  const id = open()
  const again = all.begin(request(id, 0, [0])).finish([nothing]).sessionId
  assert.ok(again > 0 && again !== id)
  assert.equal(all.count, 1)
})

test('when all slots are taken by living sessions a fetch is served without one', () => {
  const { all, open } = sessions(2)
  assert.ok(open() > 0 && open() > 0)
  assert.equal(open(), 0)
  assert.equal(all.count, 2)
})

test('a session that was not used for two minutes makes room', () => {
  const { all, clock, open } = sessions(2)
  const stale = open()
  clock.advance(60_000)
  const used = open()
  clock.advance(60_001)
  assert.ok(open() > 0)
  assert.throws(() => all.begin(request(stale, 1, [])), { errorName: 'FETCH_SESSION_ID_NOT_FOUND' })
  assert.doesNotThrow(() => all.begin(request(used, 1, [])))
})

test('a larger session takes the place of a smaller one that has lived long enough', () => {
  const { all, clock, open } = sessions(1)
  const small = open(1)
  clock.advance(119_000)
  all.begin(request(small, 1, [])).finish([nothing])
  assert.equal(open(2), 0)
  clock.advance(2000)
  assert.equal(open(1), 0)
  assert.ok(open(2) > 0)
})

test('what all sessions remember together is bounded', () => {
  const { all, open } = sessions(1)
  assert.equal(open(201), 0)
  const id = open(200)
  assert.ok(id > 0)
  assert.throws(() => all.begin(request(id, 1, [500])), { errorName: 'FETCH_SESSION_ID_NOT_FOUND' })
  assert.equal(all.count, 0)
})

test('what is wanted and forgotten in one fetch is answered once, and forgotten', () => {
  const { all, open } = sessions()
  const id = open(1)
  const fetch = all.begin(request(id, 1, [0], { forgotten: [wanted(0)] }))
  assert.deepEqual(partitionsOf(fetch), [0])
  assert.equal(fetch.finish([nothing]).sessionId, 0)
  assert.throws(() => all.begin(request(id, 2, [])), { errorName: 'FETCH_SESSION_ID_NOT_FOUND' })
})

test('a session may begin with nothing', () => {
  const { all } = sessions()
  assert.ok(all.begin(request(0, 0, [])).finish([]).sessionId > 0)
})

test('a topic known by its id keeps the name that it had when it was asked for first', () => {
  const { all } = sessions()
  const byId = (topic: string) => ({ usesTopicIds: true, wanted: [{ ...wanted(0), topic, topicId: 'x' }] })
  const { sessionId } = all.begin(request(0, 0, [], byId('letters'))).finish([nothing])
  const { partitions } = all.begin(request(sessionId, 1, [], byId('')))
  assert.deepEqual(
    partitions.map(({ topic }) => topic),
    ['letters'],
  )
})
