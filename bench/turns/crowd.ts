/**
 * The clients of a crowd, in a process of their own: `crowd.ts PORT SCENE MEMBERS`. It tells its parent when a step
 * begins and ends, so that the parent measures the broker's turns meanwhile.
 */

import { consumerGroupDescribe } from '../../src/wire/apis/consumer-group-describe.js'
import { consumerGroupHeartbeat } from '../../src/wire/apis/consumer-group-heartbeat.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { describeGroups } from '../../src/wire/apis/describe-groups.js'
import { heartbeat } from '../../src/wire/apis/heartbeat.js'
import { joinGroup } from '../../src/wire/apis/join-group.js'
import { leaveGroup } from '../../src/wire/apis/leave-group.js'
import { listGroups } from '../../src/wire/apis/list-groups.js'
import { offsetCommit } from '../../src/wire/apis/offset-commit.js'
import { syncGroup } from '../../src/wire/apis/sync-group.js'
import { decodeResponse } from '../../src/wire/message-frame.js'
import type { Api, Decoded, Draft, Fields } from '../../src/wire/schema.js'
import { RawClient } from '../../test/support/raw-client.js'

const [port, scene, count] = [Number(process.argv[2]), process.argv[3] as string, Number(process.argv[4])]
const sessionMs = 15_000
const names = Array.from({ length: count }, (_, i) => `m-${i}`)
/** So many requests wait for their answers on one connection. */
const mostWaiting = 50

const tell = (message: object): Promise<void> =>
  new Promise(resolve => {
    process.once('message', () => resolve())
    process.send?.(message)
  })

async function step(says: string, act: () => Promise<unknown>): Promise<void> {
  await tell({ begins: says })
  await act()
  await tell({ ends: says })
}

/** Has the broker do nothing for so long, so that all timers that are due meanwhile are due at once. */
const freeze = (forMs: number): Promise<void> => tell({ forMs })

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Has all act, so slowly that the broker is not flooded: then a long turn is a long one of a single request. */
async function each<T, R>(all: readonly T[], act: (one: T, i: number) => Promise<R>): Promise<R[]> {
  const results: Promise<R>[] = []
  for (const [i, one] of all.entries()) {
    results.push(act(one, i))
    if (i % 20 === 19) await pause(5)
  }
  return Promise.all(results)
}

async function connected(howMany: number, clientId: string): Promise<RawClient[]> {
  const clients: RawClient[] = []
  while (clients.length < howMany) {
    const some = Math.min(200, howMany - clients.length)
    clients.push(
      ...(await Promise.all(Array.from({ length: some }, () => RawClient.connect(port, { clientId })))),
    )
  }
  return clients
}

/** Sends many requests by one connection, some of them at once. */
async function many<Req extends Fields, Res extends Fields>(
  client: RawClient,
  api: Api<Req, Res>,
  version: number,
  requests: readonly Draft<Req>[],
): Promise<Decoded<Res>[]> {
  const answers: Decoded<Res>[] = []
  for (let from = 0; from < requests.length; from += mostWaiting) {
    const some = requests.slice(from, from + mostWaiting)
    for (const each of some) client.tell(api, version, each)
    for (const _ of some) {
      const frame = await client.frame()
      if (!frame) throw new Error(`no answer to ${api.name}`)
      answers.push(decodeResponse(api, version, frame).response)
    }
  }
  return answers
}

async function classic(): Promise<void> {
  const asking = await RawClient.connect(port)
  const state = async () => {
    const { groups } = await asking.ask(describeGroups, 5, { groups: ['g'] })
    return groups[0]
  }
  const empty = async () => {
    while ((await state())?.members.length !== 0) await pause(100)
  }
  const ask = {
    groupId: 'g',
    sessionTimeoutMs: sessionMs,
    rebalanceTimeoutMs: 60_000,
    protocolType: 'consumer',
    protocols: ['range', 'cooperative-sticky'].map(name => ({
      name,
      metadata: Buffer.from('00000000000100027430ffffffff', 'hex'),
    })),
  }
  let ids: string[] = []
  const join = async (clients: readonly RawClient[]) => {
    const answers = await each(clients, (client, i) =>
      client.ask(joinGroup, 5, { ...ask, memberId: ids[i] as string }),
    )
    const leader = answers.findIndex(({ memberId, leader }) => memberId === leader)
    return { leader, generationId: answers[0]?.generationId as number }
  }
  const sync = async (
    clients: readonly RawClient[],
    { leader, generationId }: Awaited<ReturnType<typeof join>>,
  ) => {
    const assignments = ids.map(memberId => ({ memberId, assignment: Buffer.alloc(40) }))
    const about = { groupId: 'g', generationId }
    const others: Promise<{ errorCode: number }>[] = []
    await each(clients, async (client, i) => {
      if (i === leader) return
      others.push(client.ask(syncGroup, 3, { ...about, memberId: ids[i] as string, assignments: [] }))
    })
    await pause(1000)
    const led = clients[leader]?.ask(syncGroup, 3, { ...about, memberId: ids[leader] as string, assignments })
    const all = await Promise.all([...others, led])
    const failed = all.find(each => each?.errorCode)
    if (failed) throw new Error(`a sync failed: ${failed.errorCode}`)
    return generationId
  }
  const gather = async (clients: readonly RawClient[]) => {
    const told = await each(clients, client => client.ask(joinGroup, 5, { ...ask, memberId: '' }))
    ids = told.map(({ memberId }) => memberId)
  }
  let clients = await connected(count, 'crowd')
  await gather(clients) // V8 compiles what it runs through; these ids are never used
  await step('JoinGroup without a member id', () => gather(clients))
  let joined = { leader: 0, generationId: 0 }
  await step('JoinGroup, and the first generation', async () => {
    joined = await join(clients)
  })
  let generationId = 0
  await step('SyncGroup of all, the leader last', async () => {
    generationId = await sync(clients, joined)
  })
  await step('Heartbeat of all', () =>
    each(clients, (client, i) =>
      client.ask(heartbeat, 3, { groupId: 'g', generationId, memberId: ids[i] as string }),
    ),
  )
  await step('JoinGroup of all again, the leader first', async () => {
    const led = clients[joined.leader]?.ask(joinGroup, 5, { ...ask, memberId: ids[joined.leader] as string })
    await pause(100)
    await each(clients, async (client, i) =>
      i === joined.leader ? null : client.ask(joinGroup, 5, { ...ask, memberId: ids[i] as string }),
    )
    const answers = [await led]
    joined = { ...joined, generationId: answers.at(-1)?.generationId as number }
  })
  await sync(clients, joined)
  await step('all sessions end together', async () => {
    await freeze(sessionMs + 2000)
    await empty()
  })
  await gather(clients)
  await sync(clients, await join(clients))
  await step('LeaveGroup of all in one request', () =>
    asking.ask(leaveGroup, 4, { groupId: 'g', members: ids.map(memberId => ({ memberId })) }),
  )
  await empty()
  await gather(clients)
  await sync(clients, await join(clients))
  await step('all connections close', async () => {
    for (const client of clients) client.destroy()
    await empty()
  })
  clients = []
}

const wide = 'wide'
const other = 'other'

async function topic(client: RawClient, name: string, numPartitions: number): Promise<void> {
  const { topics } = await client.ask(createTopics, 7, {
    topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 60_000,
  })
  if (topics[0]?.errorCode !== 0) throw new Error(`${topics[0]?.errorMessage}`)
}

const joining = {
  groupId: 'g',
  memberEpoch: 0,
  rebalanceTimeoutMs: 60_000,
  subscribedTopicNames: [wide],
  topicPartitions: [],
}

async function consumers(): Promise<void> {
  const client = await RawClient.connect(port)
  await topic(client, wide, count)
  await topic(client, other, count)
  let epochs: number[] = []
  let owned: (readonly { topicId: string; partitions: readonly number[] }[])[] = names.map(() => [])
  const beatOf = (i: number, changes: object) => ({
    groupId: 'g',
    memberId: names[i] as string,
    memberEpoch: epochs[i] as number,
    rebalanceTimeoutMs: 60_000,
    topicPartitions: owned[i] as never,
    ...changes,
  })
  const all = async (changes: (i: number) => object) => {
    const answers = await many(
      client,
      consumerGroupHeartbeat,
      1,
      names.map((_, i) => beatOf(i, changes(i))),
    )
    const failed = answers.find(({ errorCode }) => errorCode !== 0)
    if (failed) throw new Error(`${failed.errorMessage}`)
    epochs = answers.map(({ memberEpoch }) => memberEpoch)
    owned = answers.map(({ assignment }, i) => assignment?.topicPartitions ?? owned[i] ?? [])
  }
  epochs = names.map(() => 0)
  await step('ConsumerGroupHeartbeat, all join', () => all(() => ({ ...joining })))
  await step('ConsumerGroupHeartbeat, nothing changes', () => all(() => ({})))
  await step('ConsumerGroupHeartbeat, again', () => all(() => ({})))
  await step('all read another topic', () => all(() => ({ subscribedTopicNames: [other] })))
  await step('all let go, and go on', async () => {
    for (let i = 0; i < 3; i++) await all(() => ({}))
  })
  await step('all ask for the range assignor', () => all(() => ({ serverAssignor: 'range' })))
  await step('half read two topics (uneven)', () =>
    all(i => ({ serverAssignor: 'uniform', ...(i % 2 ? { subscribedTopicNames: [wide, other] } : {}) })),
  )
  await step('all go on (uneven)', async () => {
    for (let i = 0; i < 3; i++) await all(() => ({}))
  })
  await step('ConsumerGroupDescribe', () =>
    client.ask(consumerGroupDescribe, 1, { groupIds: ['g'], includeAuthorizedOperations: false }),
  )
  await step('all sessions end together', async () => {
    await freeze(57_000)
    for (;;) {
      const { groups } = await client.ask(listGroups, 5, { statesFilter: ['Empty'], typesFilter: [] })
      if (groups.length > 0) break
      await pause(500)
    }
  })
}

async function topicsInAll(client: RawClient): Promise<void> {
  for (let first = 0; first < count; first += 5000) {
    const { topics } = await client.ask(createTopics, 7, {
      topics: Array.from({ length: 5000 }, (_, i) => ({
        name: `topic-${first + i}`,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      })),
      timeoutMs: 60_000,
    })
    if (topics[0]?.errorCode !== 0) throw new Error(`${topics[0]?.errorMessage}`)
  }
}

async function expressions(): Promise<void> {
  const client = await RawClient.connect(port)
  await topicsInAll(client)
  const subscribe = { ...joining, subscribedTopicNames: null }
  await step('a regular expression of few', () =>
    client.ask(consumerGroupHeartbeat, 1, {
      ...subscribe,
      groupId: 'few',
      memberId: 'm',
      subscribedTopicRegex: '.*-99.9',
    }),
  )
  await step('a regular expression of all', async () => {
    await client.ask(consumerGroupHeartbeat, 1, {
      ...subscribe,
      memberId: 'm',
      subscribedTopicRegex: 'topic-.*',
    })
    await pause(2000)
    let epoch = 1
    for (let i = 0; i < 3; i++) {
      const beat = { groupId: 'g', memberId: 'm', memberEpoch: epoch, topicPartitions: null }
      epoch = (await client.ask(consumerGroupHeartbeat, 1, beat)).memberEpoch
      await pause(1500)
    }
  })
}

async function offsets(): Promise<void> {
  const client = await RawClient.connect(port)
  await topic(client, 'doomed', 10)
  await topic(client, 'stays', 10)
  const commit = async (topicName: string, retentionTimeMs: bigint) =>
    many(
      client,
      offsetCommit,
      4,
      names.map(name => ({
        groupId: name,
        memberId: '',
        retentionTimeMs,
        topics: [
          {
            name: topicName,
            partitions: Array.from({ length: 10 }, (_, i) => ({ partitionIndex: i, committedOffset: 1n })),
          },
        ],
      })),
    )
  const listed = async () => (await client.ask(listGroups, 4, {})).groups.length
  await step('OffsetCommit of 10', () => commit('doomed', -1n))
  await step('ListGroups', listed)
  await step('DescribeGroups', () => client.ask(describeGroups, 5, { groups: names }))
  await step('DeleteTopics', async () => {
    await client.ask(deleteTopics, 5, { topicNames: ['doomed'], timeoutMs: 60_000 })
    while ((await listed()) > 0 && process.uptime() < 60) await pause(500)
  })
  await commit('stays', 1n)
  await step('the expiry of 10 offsets each', async () => {
    while ((await listed()) > 0) await pause(1000)
  })
}

const scenes: Readonly<Record<string, () => Promise<void>>> = { classic, consumers, expressions, offsets }
await scenes[scene]?.()
process.exit(0)
