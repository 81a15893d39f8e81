import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { consumerGroupDescribe } from '../../src/wire/apis/consumer-group-describe.js'
import { describeGroups } from '../../src/wire/apis/describe-groups.js'
import { errorCodes } from '../../src/wire/errors.js'
import { RawClient } from '../../test/support/raw-client.js'
import { OttlaProcess } from '../support/ottla-process.js'
import { ClassicMember } from './classic-member.js'
import { ConsumerMember } from './consumer-member.js'

const groups = 1000
const membersOfGroup = 3
const partitions = 6
const sessionTimeoutMs = 10_000
const beatEveryMs = 3000
/** Three sessions long, or many. */
const rounds = process.env.OTTLA_TEST_LONG === undefined ? 8 : 100
/** The number of members that join at once, as when a cluster of applications is started. */
const joiningAtOnce = 100

const settings = [
  'group.initial.rebalance.delay.ms=500',
  'group.consumer.min.session.timeout.ms=1000',
  `group.consumer.session.timeout.ms=${sessionTimeoutMs}`,
  'group.consumer.min.heartbeat.interval.ms=1000',
  `group.consumer.heartbeat.interval.ms=${beatEveryMs}`,
].flatMap(setting => ['--set', setting])

type Member = ClassicMember | ConsumerMember

test(`${2 * groups} groups with ${membersOfGroup} members each beat on one broker, and none is lost`, async t => {
  const broker = await OttlaProcess.start(
    ...['--memory', '--port', '0', '--log-level', 'warn', '--topic', `orders:${partitions}`],
    ...settings,
  )
  t.after(() => broker.kill())
  const clients: RawClient[] = []
  t.after(() => clients.forEach(({ socket }) => void socket.destroy()))
  const client = async () => {
    const made = await RawClient.connect(broker.port)
    clients.push(made)
    return made
  }

  const all: Member[] = []
  const joined = async (made: (client: RawClient) => Member) => {
    const members = await Promise.all(
      Array.from({ length: membersOfGroup }, async () => made(await client())),
    )
    await joinedTogether(members)
    all.push(...members)
  }
  const beating = keepBeating(all)
  for (let first = 0; first < groups; first += joiningAtOnce) {
    const numbers = Array.from({ length: joiningAtOnce }, (_, i) => first + i)
    await Promise.all([
      ...numbers.map(n => joined(its => new ClassicMember(its, `classic-${n}`, sessionTimeoutMs))),
      ...numbers.map(n => joined(its => new ConsumerMember(its, `consumer-${n}`, 'orders'))),
    ])
  }
  await beating.stop()

  const before = cpuMs(broker.pid)
  let slowestMs = 0
  for (let round = 0; round < rounds; round++) {
    const startedAtMs = performance.now()
    const errors = await Promise.all(all.map(member => member.beat()))
    const tookMs = performance.now() - startedAtMs
    slowestMs = Math.max(slowestMs, tookMs)
    assert.deepEqual(
      errors.filter(error => error !== errorCodes.NONE),
      [],
      `round ${round}`,
    )
    await pause(Math.max(0, beatEveryMs - tookMs))
  }
  const beats = rounds * all.length
  const cpuUs = ((cpuMs(broker.pid) - before) * 1000) / beats
  t.diagnostic(
    `${beats} heartbeats, ${cpuUs.toFixed(0)} us of CPU each; the slowest ${all.length} at once took ${slowestMs.toFixed(0)} ms`,
  )

  const shares = all.flatMap(member => (member instanceof ConsumerMember ? [member.partitions] : []))
  assert.deepEqual(new Set(shares), new Set([partitions / membersOfGroup]))
  await checkDescribed(await client())
})

/** Joins all members. Those that are there first beat on, and join again when they must, until the others are there. */
async function joinedTogether(members: readonly Member[]): Promise<void> {
  let there = 0
  const join = async (member: Member) => {
    await member.join()
    there++
    for (;;) {
      const error = await member.beat()
      if (error === errorCodes.REBALANCE_IN_PROGRESS) await member.join()
      else if (there === members.length) return
      else await pause(200)
    }
  }
  await Promise.all(members.map(join))
}

/** Members that have joined do not wait for the others before they beat. */
function keepBeating(all: readonly Member[]): { stop(): Promise<void> } {
  let stopped = false
  const beats = (async () => {
    while (!stopped) {
      await Promise.all([...all].map(member => member.beat()))
      await pause(beatEveryMs / 3)
    }
  })()
  return {
    stop: () => {
      stopped = true
      return beats
    },
  }
}

/** Checks that the broker itself lists every member. */
async function checkDescribed(client: RawClient): Promise<void> {
  const names = (kind: string) => Array.from({ length: groups }, (_, n) => `${kind}-${n}`)
  const classic = await client.ask(describeGroups, 5, {
    groups: names('classic'),
    includeAuthorizedOperations: false,
  })
  const consumer = await client.ask(consumerGroupDescribe, 0, {
    groupIds: names('consumer'),
    includeAuthorizedOperations: false,
  })
  for (const { groupState, members } of [...classic.groups, ...consumer.groups]) {
    assert.deepEqual([groupState, members.length], ['Stable', membersOfGroup])
  }
}

/** The processor time of a process; 0 where the system does not tell it. */
function cpuMs(pid: number): number {
  const path = `/proc/${pid}/stat`
  if (!existsSync(path)) return 0
  const [user = 0, system = 0] =
    readFileSync(path, 'utf8').split(') ')[1]?.split(' ').slice(11, 13).map(Number) ?? []
  return (user + system) * 10
}
