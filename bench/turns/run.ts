/**
 * Measures how long requests of the largest size hold the event loop: `npm run bench:turns -- [word...]`, of all
 * requests whose names contain one of the words, and what crowds of members, topics and groups do.
 */

import { buildBatch } from '../../src/records/record-batch.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import { offsetCommit } from '../../src/wire/apis/offset-commit.js'
import { encodeRequest } from '../../src/wire/message-frame.js'
import type { Api, RequestOf } from '../../src/wire/schema.js'
import { record } from '../../test/support/log-world.js'
import type { RawClient } from '../../test/support/raw-client.js'
import { ServedBroker } from '../../test/support/served-broker.js'
import { crowds, measureCrowd } from './crowds.js'
import { type LongestTurn, longestTurnOf } from './longest-turn.js'
import { groups, type LongRequest, largeTopic, partitions, requests, topics } from './requests.js'

const words = process.argv.slice(2)
const silent = { debug() {}, info() {}, warn() {}, error: console.error }

async function measure(
  client: RawClient,
  { says, count, api, version, request }: LongRequest,
): Promise<void> {
  const head = { correlationId: 1, clientId: 'raw' }
  const frame = encodeRequest(api, version, head, request() as RequestOf<Api>)
  ;(globalThis as { gc?: () => void }).gc?.()
  const startedMs = performance.now()
  let bytes = 0
  const longest = await longestTurnOf(async () => {
    client.send(frame)
    const reply = await client.frame()
    if (!reply) throw new Error(`the broker closed the connection instead of answering ${says}`)
    bytes = reply.length
  })
  print(says, count, longest, (performance.now() - startedMs) / 1000, bytes.toLocaleString('en'))
}

function print(says: string, count: number, { ms, cpuMs }: LongestTurn, seconds: number, bytes = ''): void {
  console.log(
    `| ${says} | ${count.toLocaleString('en')} | ${ms.toFixed(0)} | ${cpuMs.toFixed(0)} | ${seconds.toFixed(1)} | ${bytes} |`,
  )
}

async function prepare(client: RawClient): Promise<void> {
  await create(
    client,
    Array.from({ length: topics }, (_, i) => ({ name: `t-${i}`, numPartitions: 1 })),
  )
  await create(client, [{ name: largeTopic, numPartitions: partitions }])
  for (let first = 0; first < groups; first += 1000) {
    const some = Array.from({ length: 1000 }, (_, i) => first + i)
    for (const i of some)
      client.tell(offsetCommit, 8, {
        groupId: `g-${i}`,
        memberId: '',
        topics: [{ name: 't-0', partitions: [{ partitionIndex: 0, committedOffset: 1n }] }],
      })
    for (const _ of some) await client.frame()
  }
  const begun = await client.ask(initProducerId, 4, { transactionalId: 'x', transactionTimeoutMs: 60_000 })
  if (begun.errorCode !== 0 || begun.producerId !== 0n) throw new Error(`no producer id: ${begun.errorCode}`)
}

async function create(client: RawClient, wanted: { name: string; numPartitions: number }[]): Promise<void> {
  const each = { replicationFactor: 1, assignments: [], configs: [] }
  const all = wanted.map(topic => ({ ...each, ...topic }))
  const { topics } = await client.ask(createTopics, 7, { topics: all, timeoutMs: 60_000 })
  const failed = topics.find(({ errorCode }) => errorCode !== 0)
  if (failed) throw new Error(`${failed.name}: ${failed.errorMessage}`)
}

console.log('| request | elements | longest turn, ms | of the processor, ms | answered after, s | bytes |')
console.log('|---|---|---|---|---|---|')
const isWanted = (says: string) => words.length === 0 || words.some(each => says.includes(each))
const batch = await buildBatch({ records: [record('v', Date.now())] })
const wanted = requests(batch).filter(({ says }) => isWanted(says))
if (wanted.length > 0) {
  await using served = await ServedBroker.open({ logger: silent })
  await prepare(served.client)
  for (const each of wanted) await measure(served.client, each)
}
for (const crowd of crowds.filter(({ says }) => isWanted(says))) {
  for (const count of crowd.counts) {
    const report = (step: string, longest: LongestTurn, seconds: number) =>
      print(`${crowd.says}: ${step}`, count, longest, seconds)
    await measureCrowd(crowd, count, report)
  }
}
process.exit(0)
