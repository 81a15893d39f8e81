import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { consumerGroupHeartbeat } from '../../src/wire/apis/consumer-group-heartbeat.js'
import { apiOfKey } from '../../src/wire/apis/index.js'
import { listOffsets } from '../../src/wire/apis/list-offsets.js'
import {
  decodeLongRequest,
  decodeRequest,
  decodeResponse,
  decodeShortRequest,
  encodeLongResponse,
  encodeRequest,
  encodeResponse,
  encodeShortResponse,
  readRequestHeader,
} from '../../src/wire/message-frame.js'
import { MalformedMessage, Reader } from '../../src/wire/reader.js'
import type { Pauses, Shape } from '../../src/wire/schema.js'
import { Writer } from '../../src/wire/writer.js'
import { randomRuns } from '../support/random-runs.js'
import { anyValueOf } from './arbitrary.js'
import { declared, dialectsOf } from './declared.js'

const runs = randomRuns(5, 200)

/** Pauses whenever it is asked, and counts that. */
function pausing(): Pauses & { count: number } {
  return {
    count: 0,
    pause() {
      this.count += 1
      return Promise.resolve()
    },
  }
}

describe('in turns the same is read and written as at once', () => {
  for (const message of declared) {
    const { readInTurns, writeInTurns } = message.type
    if (!readInTurns || !writeInTurns) continue
    test(message.name, async () => {
      for (const dialect of dialectsOf(message)) {
        const property = fc.asyncProperty(anyValueOf(message.type, dialect.version), async value => {
          const [atOnce, inTurns] = [new Writer(), new Writer()]
          message.type.write(atOnce, value, dialect)
          await writeInTurns(inTurns, value, dialect, pausing())
          const bytes = atOnce.finish()
          assert.deepEqual(inTurns.finish(), bytes)
          const reader = new Reader(bytes)
          assert.deepEqual(await readInTurns(reader, dialect, pausing()), value)
          assert.equal(reader.remaining, 0)
        })
        await fc.assert(property, runs)
      }
    })
  }
})

/** Tells whether there is an array somewhere in the values of a type. */
function holdsArray({ kind, item, fields }: Shape): boolean {
  return (
    kind === 'array' ||
    (item && holdsArray(item.shape)) ||
    Object.values(fields ?? {}).some(({ shape }) => holdsArray(shape))
  )
}

test('whatever holds an array, at any depth, can be read and written in turns', () => {
  const cannot = declared.filter(
    ({ type }) => holdsArray(type.shape) && !(type.readInTurns && type.writeInTurns),
  )
  assert.deepEqual(
    cannot.map(({ name }) => name),
    [],
  )
})

test('the answer to a member that has very many partitions holds all of them', async () => {
  const topicPartitions = [{ topicId: noId, partitions: [...Array(20_000).keys()] }]
  const answer = { errorCode: 0, memberEpoch: 1, heartbeatIntervalMs: 5000, assignment: { topicPartitions } }
  const chunks = await encodeLongResponse(consumerGroupHeartbeat, 1, 7, answer, pausing())
  const { response } = decodeResponse(consumerGroupHeartbeat, 1, Buffer.concat(chunks))
  assert.deepEqual(response.assignment, { topicPartitions })
})

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
const version = 5

function asking(partitions: number) {
  const topics = [
    {
      name: 't',
      partitions: Array.from({ length: partitions }, (_, i) => ({ partitionIndex: i, timestamp: -1n })),
    },
  ]
  const frame = encodeRequest(
    listOffsets,
    version,
    { correlationId: 7, clientId: 'c' },
    { replicaId: -1, topics },
  )
  return { frame, head: readRequestHeader(frame, apiOfKey) }
}

test('a request with up to 10,000 elements in its arrays is decoded at once, a longer one in turns', async () => {
  const short = asking(9999) // and the topic
  assert.ok(decodeShortRequest(listOffsets, short.head, short.frame))
  const { head, frame } = asking(10_000)
  assert.equal(decodeShortRequest(listOffsets, head, frame), null)
  const turns = pausing()
  const request = await decodeLongRequest(listOffsets, head, frame, turns)
  assert.deepEqual(request, decodeRequest(listOffsets, head, frame))
  assert.ok(turns.count >= 10_000 / 16)
})

test('a reply with up to 10,000 elements in its arrays is encoded at once, a longer one in turns', async () => {
  const answer = (partitions: number) => ({
    topics: [
      {
        name: 't',
        partitions: Array.from({ length: partitions }, (_, i) => ({ partitionIndex: i, errorCode: 0 })),
      },
    ],
  })
  assert.ok(encodeShortResponse(listOffsets, version, 7, answer(9999)))
  assert.equal(encodeShortResponse(listOffsets, version, 7, answer(10_000)), null)
  const turns = pausing()
  const chunks = await encodeLongResponse(listOffsets, version, 7, answer(10_000), turns)
  assert.deepEqual(
    Buffer.concat(chunks),
    Buffer.concat(encodeResponse(listOffsets, version, 7, answer(10_000))),
  )
  assert.ok(turns.count >= 10_000 / 16)
})

test('a long request that is cut off is malformed', async () => {
  const { head, frame } = asking(20_000)
  const cut = frame.subarray(0, frame.length - 1)
  await assert.rejects(decodeLongRequest(listOffsets, head, cut, pausing()), MalformedMessage)
})
