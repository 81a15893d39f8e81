import { createTopics } from '../../src/wire/apis/create-topics.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { produce } from '../../src/wire/apis/produce.js'
import { errorNameOf } from '../../test/support/error-name.js'
import type { RawClient } from '../../test/support/raw-client.js'

const timeoutMs = 120_000

export async function created(
  client: RawClient,
  name: string,
  numPartitions: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  const settings = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: settings }
  const { topics } = await client.ask(createTopics, 7, { topics: [topic], timeoutMs })
  must(topics[0]?.errorCode)
}

export async function deleted(client: RawClient, name: string): Promise<void> {
  const topics = [{ name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }]
  const { responses } = await client.ask(deleteTopics, 6, { topics, timeoutMs })
  must(responses[0]?.errorCode)
}

/** Resolves when the batch is acknowledged. */
export const appended = (client: RawClient, name: string, index: number, records: Buffer): Promise<void> =>
  appendedToAll(client, name, [{ index, records }])

/** Writes a batch to several partitions in one request. */
export async function appendedToAll(
  client: RawClient,
  name: string,
  partitionData: { readonly index: number; readonly records: Buffer }[],
): Promise<void> {
  const topicData = [{ name, partitionData }]
  const { responses } = await client.ask(produce, 12, {
    transactionalId: null,
    acks: -1,
    timeoutMs,
    topicData,
  })
  for (const { errorCode } of responses[0]?.partitionResponses ?? []) must(errorCode)
}

function must(errorCode = -1): void {
  if (errorCode !== 0) throw new Error(`the broker answered ${errorNameOf(errorCode)}`)
}
