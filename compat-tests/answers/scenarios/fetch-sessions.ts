import { fetch } from '../../../src/wire/apis/fetch.js'
import { deleted, unknown, written } from '../partition-requests.js'
import { type Family, scenario } from '../scenario.js'
import type { MadeTopic, Stage } from '../stage.js'

interface Wanted {
  readonly topic: MadeTopic
  readonly partition?: number
  readonly from?: bigint
}

const topicsOf = (wanted: readonly Wanted[]) =>
  wanted.map(({ topic: { name, id }, partition = 0, from = 0n }) => ({
    topic: name,
    topicId: id,
    partitions: [{ partition, fetchOffset: from, partitionMaxBytes: 1_000_000 }],
  }))

const forgottenOf = (wanted: readonly Wanted[]) =>
  wanted.map(({ topic: { name, id }, partition = 0 }) => ({
    topic: name,
    topicId: id,
    partitions: [partition],
  }))

/** A client of incremental fetches; the scenario chooses its session id and epoch. */
class Session {
  id = 0

  constructor(
    private readonly at: Stage,
    private readonly version: number,
  ) {}

  /** Epoch 0 opens a session, -1 closes it. */
  async ask(
    sessionEpoch: number,
    wanted: readonly Wanted[] = [],
    { forgotten = [] as readonly Wanted[], sessionId = this.id, version = this.version } = {},
  ): Promise<void> {
    const answer = await this.at.ask(fetch, version, {
      maxWaitMs: 0,
      minBytes: 0,
      sessionId,
      sessionEpoch,
      topics: topicsOf(wanted),
      forgottenTopicsData: forgottenOf(forgotten),
    })
    if (answer.sessionId !== 0) this.id = answer.sessionId
  }
}

const versions = [7, 12, 13, 18]

const inSessions = (sentence: string, play: (session: Session, at: Stage) => Promise<void>) =>
  versions.map(version =>
    scenario(`${sentence}, in version ${version}`, at => play(new Session(at, version), at)),
  )

export const fetchSessionsFamily: Family = {
  name: 'Fetch sessions',
  scenarios: [
    ...inSessions('only new data are answered', async (session, at) => {
      const topic = await at.topic({ partitions: 2 })
      await written(at, topic, ['a'])
      await session.ask(0, [{ topic }, { topic, partition: 1 }])
      await session.ask(1, [{ topic, from: 1n }])
      await written(at, topic, ['b'], 1)
      await session.ask(2)
      await session.ask(3, [{ topic, partition: 1, from: 1n }])
      await session.ask(4)
    }),
    ...inSessions('records that were not passed over come again', async (session, at) => {
      const topic = await at.topic()
      await written(at, topic, ['a'])
      await session.ask(0, [{ topic }])
      await session.ask(1)
      await session.ask(2)
    }),
    ...inSessions('a forgotten partition is answered no more', async (session, at) => {
      const [one, two] = [await at.topic(), await at.topic()]
      await written(at, one, ['a'])
      await written(at, two, ['b'])
      await session.ask(0, [{ topic: one }, { topic: two }])
      await session.ask(1, [], { forgotten: [{ topic: one }] })
      await session.ask(2)
    }),
    ...inSessions('a session that forgets all it had is over', async (session, at) => {
      const topic = await at.topic()
      await session.ask(0, [{ topic }])
      await session.ask(1, [], { forgotten: [{ topic }] })
      await session.ask(2)
    }),
    ...inSessions('a partition is added', async (session, at) => {
      const [one, two] = [await at.topic(), await at.topic()]
      await written(at, two, ['b'])
      await session.ask(0, [{ topic: one }])
      await session.ask(1, [{ topic: two }])
      await session.ask(2)
    }),
    ...inSessions('a partition that is forgotten and added in one request', async (session, at) => {
      const topic = await at.topic()
      await written(at, topic, ['a'])
      await session.ask(0, [{ topic }])
      await session.ask(1, [{ topic, from: 1n }], { forgotten: [{ topic }] })
      await session.ask(2)
    }),
    ...inSessions('what is forgotten that was never there', async (session, at) => {
      const [topic, other] = [await at.topic(), await at.topic()]
      await session.ask(0, [{ topic }])
      await session.ask(1, [], { forgotten: [{ topic: other }, { topic, partition: 4 }] })
    }),
    ...inSessions('a wrong epoch is INVALID_FETCH_SESSION_EPOCH', async (session, at) => {
      const topic = await at.topic()
      await session.ask(0, [{ topic }])
      await session.ask(2, [{ topic }])
      await session.ask(1)
      await session.ask(1)
    }),
    ...inSessions('an unknown session is FETCH_SESSION_ID_NOT_FOUND', async (session, at) => {
      await session.ask(1, [{ topic: await at.topic() }], { sessionId: 123456 })
    }),
    ...inSessions('epoch 1 without a session', async (session, at) => {
      await session.ask(1, [{ topic: await at.topic() }])
    }),
    ...inSessions('a negative epoch that is not -1', async (session, at) => {
      await session.ask(-2, [{ topic: await at.topic() }])
      await session.ask(0, [{ topic: await at.topic() }])
      await session.ask(-2, [{ topic: await at.topic() }])
    }),
    ...inSessions('a session is closed', async (session, at) => {
      const topic = await at.topic()
      await written(at, topic, ['a'])
      await session.ask(0, [{ topic }])
      const { id } = session
      await session.ask(-1, [{ topic }])
      await session.ask(1, [], { sessionId: id })
    }),
    ...inSessions('a session that never was is closed', async (session, at) => {
      await session.ask(-1, [{ topic: await at.topic() }], { sessionId: 4711 })
    }),
    ...inSessions('a session is opened anew in place of the old', async (session, at) => {
      const topic = await at.topic()
      await session.ask(0, [{ topic }])
      const old = session.id
      await session.ask(0, [{ topic }])
      await session.ask(1, [], { sessionId: old })
      await session.ask(1)
    }),
    ...inSessions('a session of nothing', async session => {
      await session.ask(0)
      await session.ask(1)
    }),
    ...inSessions('an unknown topic stays in the session', async (session, at) => {
      const topic = await at.topic()
      await session.ask(0, [{ topic: unknown }, { topic }])
      await session.ask(1)
      await session.ask(2, [], { forgotten: [{ topic: unknown }] })
      await session.ask(3)
    }),
    ...inSessions('a partition that is not there', async (session, at) => {
      const topic = await at.topic()
      await session.ask(0, [{ topic, partition: 3 }, { topic }])
      await session.ask(1)
    }),
    ...inSessions('an offset out of range, and then one in it', async (session, at) => {
      const topic = await at.topic()
      await written(at, topic, ['a'])
      await session.ask(0, [{ topic, from: 9n }])
      await session.ask(1)
      await session.ask(2, [{ topic, from: 1n }])
      await session.ask(3)
    }),
    ...inSessions('the start moves', async (session, at) => {
      const topic = await at.topic()
      await written(at, topic, ['a', 'b'])
      await session.ask(0, [{ topic, from: 2n }])
      await deleted(at, topic, 1n)
      await session.ask(1)
      await session.ask(2)
    }),
    ...inSessions('a topic is deleted within the session', async (session, at) => {
      const topic = await at.topic()
      await session.ask(0, [{ topic }])
      await at.deleteTopic(topic)
      await session.ask(1)
      await session.ask(2)
    }),
    ...inSessions('a topic is deleted and made again within the session', async (session, at) => {
      const topic = await at.topic()
      await written(at, topic, ['a'])
      await session.ask(0, [{ topic }])
      await at.deleteTopic(topic)
      const again = await at.topic({ name: topic.name })
      await written(at, again, ['b'])
      await session.ask(1)
      await session.ask(2, [{ topic: again }])
      await session.ask(3)
    }),
    ...inSessions('the partition that gave records goes to the end', async (session, at) => {
      const topic = await at.topic({ partitions: 3 })
      for (const partition of [0, 1, 2]) await written(at, topic, ['a'], partition)
      await session.ask(
        0,
        [0, 1, 2].map(partition => ({ topic, partition })),
      )
      await session.ask(1, [
        { topic, partition: 0, from: 1n },
        { topic, partition: 2, from: 1n },
      ])
      for (const partition of [0, 2]) await written(at, topic, ['b'], partition)
      await session.ask(2)
      await session.ask(3)
    }),
    ...inSessions('the same partition twice', async (session, at) => {
      const topic = await at.topic()
      await written(at, topic, ['a', 'b'])
      await session.ask(0, [{ topic, from: 7n }, { topic }])
      await session.ask(1, [
        { topic, from: 7n },
        { topic, from: 2n },
      ])
      await session.ask(2)
    }),
    ...inSessions(
      'a session belongs to no connection: another one may go on with it',
      async (session, at) => {
        const topic = await at.topic()
        await session.ask(0, [{ topic }])
        const other = await at.caller()
        await other.ask(fetch, 12, {
          maxWaitMs: 0,
          minBytes: 0,
          sessionId: session.id,
          sessionEpoch: 1,
          topics: [],
        })
      },
    ),
    ...[
      [12, 13],
      [13, 12],
    ].map(([from, then]) =>
      scenario(
        `a session of version ${from} that goes on in version ${then} is FETCH_SESSION_TOPIC_ID_ERROR`,
        async at => {
          const session = new Session(at, Number(from))
          const topic = await at.topic()
          await session.ask(0, [{ topic }])
          await session.ask(1, [], { version: Number(then) })
          await session.ask(1)
          await session.ask(2)
        },
      ),
    ),
    scenario('a wrong epoch and another version', async at => {
      const session = new Session(at, 12)
      const topic = await at.topic()
      await session.ask(0, [{ topic }])
      await session.ask(5, [], { version: 13 })
    }),
    scenario('a session in version 6 is none', async at => {
      const session = new Session(at, 6)
      await session.ask(0, [{ topic: await at.topic() }], { sessionId: 0 })
    }),
  ],
}
