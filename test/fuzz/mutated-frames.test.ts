import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Broker } from '../../src/index.js'
import { buildPlainBatch } from '../../src/records/record-batch.js'
import { apiVersions } from '../../src/wire/apis/api-versions.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { apis } from '../../src/wire/apis/index.js'
import { produce } from '../../src/wire/apis/produce.js'
import { requestHeader } from '../../src/wire/header.js'
import { type Api, dialectOf, type Type } from '../../src/wire/schema.js'
import { Writer } from '../../src/wire/writer.js'
import { record } from '../support/log-world.js'
import { randomFrom, randomRuns } from '../support/random-runs.js'
import { RawClient } from '../support/raw-client.js'
import { anyValueOf } from '../wire/arbitrary.js'

/** A change that spoils a valid frame. Numbers from 0 to 1 give the place. */
type Mutation =
  | { readonly kind: 'none' }
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'set'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'double'; readonly at: number; readonly length: number }
  | { readonly kind: 'length'; readonly claimed: number }

const place = fc.double({ min: 0, max: 0.999_999, noNaN: true })
/** Bytes that mean something: huge and negative lengths, as int16, int32 and varint. */
const spite = fc.oneof(
  fc.constantFrom(
    new Uint8Array([0x7f, 0xff, 0xff, 0xff]),
    new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f]),
    new Uint8Array([0xff, 0xff, 0xff, 0xfe]),
    new Uint8Array([0x80, 0x00, 0x00, 0x00]),
    new Uint8Array([0x7f, 0xff]),
    new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0]),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 12 }),
)
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.constant({ kind: 'none' as const }),
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('set' as const), at: place, bytes: spite }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('double' as const), at: place, length: fc.nat(40) }),
  fc.record({
    kind: fc.constant('length' as const),
    claimed: fc.oneof(fc.integer(), fc.integer({ min: 0, max: 200 })),
  }),
)

function mutated(frame: Buffer, mutation: Mutation): Buffer {
  const at = 'at' in mutation ? Math.floor(mutation.at * frame.length) : 0
  const copy = Buffer.from(frame)
  switch (mutation.kind) {
    case 'flip':
      copy[at] = (copy[at] as number) ^ (1 << mutation.bit)
      return lengthened(copy)
    case 'set':
      copy.set(mutation.bytes.subarray(0, copy.length - at), at)
      return lengthened(copy)
    case 'cut':
      return lengthened(copy.subarray(0, at))
    case 'double':
      return lengthened(Buffer.concat([copy.subarray(0, at + mutation.length), copy.subarray(at)]))
    case 'length':
      return lengthened(copy, mutation.claimed)
    case 'none':
      return lengthened(copy)
  }
}

function lengthened(frame: Buffer, claimed = frame.length): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(claimed)
  return Buffer.concat([length, frame])
}

/** Writes a request as a frame; fields that the version lacks are left out. */
function frameOf(api: Api, version: number, request: unknown): Buffer {
  const writer = new Writer()
  const head = { requestApiKey: api.key, requestApiVersion: version, correlationId: 7, clientId: 'fuzz' }
  requestHeader.body.write(writer, head, dialectOf(requestHeader, version >= api.flexibleSince ? 2 : 1))
  api.request.write(writer, request as never, { ...dialectOf(api, version), lenient: true })
  return writer.finish()
}

const anyFrame = fc.constantFrom(...(apis as readonly Api[])).chain(api =>
  fc.integer({ min: api.versions[0], max: api.versions[1] }).chain(version =>
    fc.tuple(anyValueOf(api.request as Type<unknown>, version), fc.nat()).map(([request, aim]) => ({
      api: api.name,
      version,
      frame: frameOf(api, version, aimed(request, randomFrom(aim))),
    })),
  ),
)

/** The values that aim a request at something that exists: a topic, a group, a batch. */
const names = ['played', 'group', 'range', 'consumer', 'cleanup.policy', 'compact', '0']
const batch = buildPlainBatch({ records: [record('played', Date.now(), 'key')] })

/** The value with some of its parts replaced by ones that mean something to the broker. */
function aimed(value: unknown, random: () => number): unknown {
  if (random() < 0.3) return value
  if (Buffer.isBuffer(value)) return batch
  if (typeof value === 'string') {
    return value.length === 22 ? value : names[Math.floor(random() * names.length)]
  }
  if (typeof value === 'number') return Math.floor(random() * 3) - 1
  if (typeof value === 'bigint') return BigInt(Math.floor(random() * 3) - 1)
  if (Array.isArray(value)) return value.map(each => aimed(each, random))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, aimed(each, random)]))
}

/** A group's request may rightly wait for other members longer than a test would. */
const mayWait = new Set(['JoinGroup', 'SyncGroup'])

test('whatever bytes a client sends, it is answered or closed, others are served, and nothing stored is lost', async () => {
  const bugs: string[] = []
  const logger = {
    debug() {},
    info() {},
    warn() {},
    error: (first: string | { readonly err: unknown }, message?: string) =>
      void bugs.push(typeof first === 'string' ? first : `${message} ${(first.err as Error).stack}`),
  }
  await using broker = await Broker.create({ topics: ['kept:1', 'played:2'], logger })
  const port = Number(broker.brokers[0]?.split(':')[1])
  const other = await RawClient.connect(port)
  await store(other)

  const property = fc.asyncProperty(
    fc.array(fc.tuple(anyFrame, mutation), { minLength: 1, maxLength: 4 }),
    async requests => {
      const client = await RawClient.connect(port)
      for (const [{ frame }, change] of requests) client.write(mutated(frame, change))
      client.halfClose()
      if (!requests.some(([{ api }]) => mayWait.has(api))) await client.end()
      client.destroy()
      await other.ask(apiVersions, 3, { clientSoftwareName: 'other', clientSoftwareVersion: '1' })
      assert.deepEqual(bugs.splice(0), [])
    },
  )
  await fc.assert(property, { ...randomRuns(1500, 50_000), includeErrorInReport: true })
  assert.deepEqual(await stored(other), ['one', 'two', 'three'])
  other.destroy()
})

async function store(client: RawClient): Promise<void> {
  const records = buildPlainBatch({
    records: ['one', 'two', 'three'].map(value => record(value, Date.now())),
  })
  const topicData = [{ name: 'kept', partitionData: [{ index: 0, records }] }]
  const { responses } = await client.ask(produce, 9, { acks: -1, timeoutMs: 1000, topicData })
  assert.equal(responses[0]?.partitionResponses[0]?.errorCode, 0)
}

async function stored(client: RawClient): Promise<string[]> {
  const { decodePlainRecords } = await import('../../src/records/record-batch.js')
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 << 20 }]
  const { responses } = await client.ask(fetch, 12, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1 << 20,
    topics: [{ topic: 'kept', partitions }],
  })
  const records = responses[0]?.partitions[0]?.records as Buffer
  return decodePlainRecords(records).map(({ value }) => (value as Buffer).toString())
}
