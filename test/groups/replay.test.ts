import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type GroupFact, type GroupOutcome, groupFacts } from '../../src/groups/facts.js'
import { GroupPartition } from '../../src/groups/group-partition.js'
import { GroupTimers } from '../../src/groups/group-timers.js'
import { silent } from '../../src/telemetry/logger.js'
import { KafkaError } from '../../src/wire/errors.js'
import { ManualClock } from '../support/manual-clock.js'
import { quietSurroundings } from './consumer/quiet-surroundings.js'
import { caller, joinRequest, syncRequest } from './coordinator-world.js'

const groupIds = ['shop', 'shop', 'shop', 'till']
const clients = ['ann', 'bob', 'cat']
const staticClient = 'cat'

type Command =
  | {
      readonly act: 'join' | 'sync' | 'beat' | 'leave' | 'evict'
      readonly client: string
      readonly groupId: string
    }
  | {
      readonly act: 'commit' | 'forget'
      readonly client: string
      readonly groupId: string
      readonly partition: number
      readonly member: boolean
    }
  | { readonly act: 'delete'; readonly groupId: string }
  | { readonly act: 'expire'; readonly groupId: string }

type Step =
  | Command
  /** Several clients join and take their shares, as in a rebalance where nothing goes wrong. */
  | { readonly act: 'round'; readonly groupId: string; readonly clients: readonly string[] }
  | { readonly act: 'pass'; readonly ms: number }
  | { readonly act: 'fail' }

const name = fc.constantFrom(...clients)
const groupId = fc.constantFrom(...groupIds)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      act: fc.constantFrom('join', 'join', 'join', 'sync', 'sync', 'sync', 'beat', 'leave', 'evict' as const),
      client: name,
      groupId,
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constantFrom('commit', 'commit', 'forget' as const),
      client: name,
      groupId,
      partition: fc.nat(3),
      member: fc.boolean(),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constantFrom('delete', 'expire' as const),
      groupId,
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('pass' as const), ms: fc.constantFrom(1, 1000, 10_000, 60_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('round' as const), groupId, clients: fc.subarray(clients) }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('fail' as const) }) },
)

/** A partition without a journal around it: facts are written to an array, in Kafka's format, and applied at once. */
class Lone {
  readonly clock = new ManualClock()
  readonly written: { key: Buffer; value: Buffer | null }[] = []
  readonly partition = this.#open()
  readonly #known = new Map<string, { id: string; generation: number; everybody: string[] }>()
  #fails = 0
  #ids = 0

  constructor() {
    for (const command of this.partition.goLive()) this.run(command)
  }

  #open(): GroupPartition {
    return new GroupPartition({
      now: () => this.clock.now(),
      offsetMetadataMaxBytes: 100,
      forGroup: id => ({
        timers: new GroupTimers(id, this.clock, command => this.run(command)),
        limits: { maxSize: 2, initialRebalanceDelayMs: id === 'shop' ? 0 : 3000 },
        consumer: quietSurroundings(),
        logger: silent,
        newUuid: () => String(++this.#ids),
        seen: () => undefined,
        left: () => undefined,
      }),
    })
  }

  replayed(): GroupPartition {
    const fresh = this.#open()
    for (const { key, value } of this.written) {
      const fact = groupFacts.decode(key, value)
      if (fact) fresh.apply(fact, null)
    }
    return fresh
  }

  run(command: () => GroupOutcome): void {
    let outcome: GroupOutcome | undefined
    try {
      outcome = command()
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) throw thrown
    }
    while (outcome) outcome = this.#settle(outcome)
  }

  #settle({ facts, kept, failed }: GroupOutcome): GroupOutcome | undefined {
    if (facts.length > 0 && this.#fails > 0) {
      this.#fails--
      return failed?.(new KafkaError('NOT_ENOUGH_REPLICAS'))
    }
    for (const fact of facts) {
      this.written.push(groupFacts.encode(fact))
      this.partition.apply(fact, null)
    }
    return kept?.()
  }

  play(step: Step): void {
    if (step.act === 'pass') this.clock.advance(step.ms)
    else if (step.act === 'fail') this.#fails = 1
    else if (step.act === 'round') this.#round(step)
    else this.run(() => this.#command(step))
  }

  #round(step: { groupId: string; clients: readonly string[] }): void {
    for (const act of ['join', 'join', 'join', 'sync', 'sync'] as const) {
      for (const client of step.clients) this.run(() => this.#command({ act, client, groupId: step.groupId }))
    }
  }

  #command(step: Command): GroupOutcome {
    const { partition } = this
    const { groupId } = step
    const ignore = () => undefined
    if (step.act === 'delete') return partition.delete(groupId, ignore)
    if (step.act === 'expire') return partition.expireOffsets(30_000)
    const from = caller(step.client)
    const key = `${groupId}/${step.client}`
    const known = this.#known.get(key) ?? { id: '', generation: -1, everybody: [] }
    switch (step.act) {
      case 'join': {
        const isStatic = step.client === staticClient
        const groupInstanceId = isStatic ? step.client : null
        const memberId = isStatic ? '' : known.id
        return partition.join(joinRequest({ groupId, memberId, groupInstanceId }), from, 9, answer => {
          if (answer instanceof KafkaError) return void this.#known.delete(key)
          const everybody = answer.members.map(each => each.memberId)
          this.#known.set(key, { id: answer.memberId, generation: answer.generationId ?? -1, everybody })
        })
      }
      case 'sync': {
        const assignments = known.everybody.map((memberId, i) => ({ memberId, assignment: Buffer.from([i]) }))
        return partition.sync(
          syncRequest({ groupId, memberId: known.id, generationId: known.generation, assignments }),
          from,
          ignore,
        )
      }
      case 'beat':
        partition.heartbeat(
          { groupId, memberId: known.id, generationId: known.generation, groupInstanceId: null },
          from,
        )
        return { facts: [] }
      case 'leave':
        return partition.leave(groupId, [{ memberId: known.id, groupInstanceId: null, reason: null }], ignore)
      case 'evict':
        return partition.evict(groupId, known.id)
      case 'forget':
        return partition.deleteOffsets(groupId, [{ topic: 'orders', partition: step.partition }], ignore)
      case 'commit': {
        const offset = {
          topic: 'orders',
          topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
          partition: step.partition,
          offset: 7n,
          leaderEpoch: 3,
          metadata: 'm',
        }
        const identity = step.member
          ? { memberId: known.id, generationIdOrMemberEpoch: known.generation }
          : { memberId: '', generationIdOrMemberEpoch: -1 }
        return partition.commit(
          { groupId, groupInstanceId: null, retentionTimeMs: -1n, offsets: [offset], ...identity },
          from,
          9,
          ignore,
        )
      }
    }
  }
}

const sorted = (facts: Iterable<GroupFact>) =>
  [...facts].sort((a, b) => Buffer.compare(groupFacts.encode(a).key, groupFacts.encode(b).key))

test('a replay gives what running gave, whatever members do, whenever, and whatever fails to be stored', () => {
  const seed = Date.now() % 2 ** 31
  console.log(`seed ${seed}`)
  let shared = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), steps => {
      const lone = new Lone()
      for (const each of steps) lone.play(each)
      assert.deepEqual(sorted(lone.replayed().facts()), sorted(lone.partition.facts()))
      for (const fact of lone.partition.facts()) {
        if (fact.kind === 'group' && (fact.value?.members.length ?? 0) > 1) shared++
      }
    }),
    { seed, numRuns: 300 },
  )
  assert.ok(shared > 10, 'some runs end with a group of several members')
})
