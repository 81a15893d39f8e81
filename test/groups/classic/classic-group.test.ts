import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClassicGroup } from '../../../src/groups/classic/classic-group.js'
import type {
  Caller,
  JoinAnswer,
  JoinRequest,
  LeaveAnswer,
  Reply,
  SyncAnswer,
} from '../../../src/groups/shared/group-requests.js'
import { GroupTimers } from '../../../src/groups/shared/group-timers.js'
import { type GroupOutcome, noGeneration } from '../../../src/groups/stored/group-facts.js'
import { silent } from '../../../src/telemetry/logger.js'
import { KafkaError } from '../../../src/wire/errors.js'
import { ManualClock } from '../../support/manual-clock.js'
import { caller, errorName, joinRequest, syncRequest } from '../coordinator-world.js'

/** A group whose facts are kept at once, or not at all. */
class LoneGroup {
  readonly clock = new ManualClock()
  readonly limits = { maxSize: 100, initialRebalanceDelayMs: 0 }
  keeps = true
  #ids = 0
  readonly group = new ClassicGroup('shop', {
    timers: new GroupTimers(this.clock, command => this.run(command)),
    limits: this.limits,
    logger: silent,
    replies: { call: answer => answer() },
    newUuid: () => String(++this.#ids),
    newId: () => String(++this.#ids),
    isMember: () => undefined,
    left: () => undefined,
  })

  constructor() {
    this.group.goLive()
    this.group.apply(noGeneration(this.clock.now()))
  }

  run(command: () => GroupOutcome): void {
    let outcome: GroupOutcome | undefined = command()
    while (outcome) {
      if (outcome.facts.length > 0 && !this.keeps)
        outcome = outcome.failed?.(new KafkaError('REQUEST_TIMED_OUT'))
      else {
        for (const fact of outcome.facts) if (fact.kind === 'group') this.group.apply(fact.value)
        outcome = outcome.kept?.()
      }
    }
  }

  join(client: string, changes: Partial<JoinRequest> = {}, version = 3): Answer<JoinAnswer> {
    return this.#ask(caller(client), (from, reply) =>
      this.group.join(joinRequest(changes), from, version, reply),
    )
  }

  sync(
    memberId: string,
    generationId: number,
    changes: Parameters<typeof syncRequest>[0] = {},
  ): Answer<SyncAnswer> {
    const request = syncRequest({ memberId, generationId, ...changes })
    return this.#ask(caller('any'), (from, reply) => this.group.sync(request, from, reply))
  }

  leave(...members: { memberId: string; groupInstanceId?: string }[]): Answer<LeaveAnswer> {
    const leaving = members.map(each => ({ groupInstanceId: null, reason: null, ...each }))
    return this.#ask(caller('any'), (_from, reply) => this.group.leave(leaving, reply))
  }

  heartbeat(memberId: string, generationId: number, groupInstanceId: string | null = null): string {
    const answer = this.#ask<'alive'>(caller('any'), (from, reply) => {
      this.group.heartbeat({ memberId, generationId, groupInstanceId }, from)
      reply('alive')
      return { facts: [] }
    })
    return answer.error ?? 'alive'
  }

  #ask<T>(from: Caller, command: (from: Caller, reply: Reply<T>) => GroupOutcome): Answer<T> {
    const answer: Answer<T> = { value: undefined, error: undefined }
    const reply: Reply<T> = given => {
      assert.deepEqual([answer.value, answer.error], [undefined, undefined], 'each request is answered once')
      if (given instanceof KafkaError) answer.error = given.errorName
      else answer.value = given
    }
    this.run(() => {
      try {
        return command(from, reply)
      } catch (thrown) {
        if (!(thrown instanceof KafkaError)) throw thrown
        reply(thrown)
        return { facts: [] }
      }
    })
    return answer
  }
}

interface Answer<T> {
  value: T | undefined
  error: string | undefined
}

/** One stable member, `ann-1`, in generation 1. */
function stable(): LoneGroup {
  const lone = new LoneGroup()
  lone.join('ann')
  lone.sync('ann-1', 1)
  assert.equal(lone.group.state, 'Stable')
  return lone
}

const range = { name: 'range', metadata: Buffer.from('r') }
const sticky = { name: 'sticky', metadata: Buffer.from('s') }

test('a dynamic member is asked to come back with an id from version 4 on, and not before', () => {
  const { value } = new LoneGroup().join('ann', {}, 4)
  assert.equal(errorName(value!.errorCode), 'MEMBER_ID_REQUIRED')
  assert.equal(value!.memberId, 'ann-1')
  assert.equal(new LoneGroup().join('ann', {}, 3).value?.generationId, 1)
})

test('a static member never has to come back', () => {
  const { value } = new LoneGroup().join('ann', { groupInstanceId: 'one' }, 9)
  assert.equal(value?.memberId, 'one-1')
  assert.equal(value?.generationId, 1)
})

const wrongJoins: [string, Partial<JoinRequest>][] = [
  ['without protocols', { protocols: [] }],
  ['without a protocol type', { protocolType: '' }],
]
for (const [name, changes] of wrongJoins) {
  test(`the first member cannot join ${name}`, () => {
    assert.equal(new LoneGroup().join('ann', changes).error, 'INCONSISTENT_GROUP_PROTOCOL')
  })
}

test('no client joins with another protocol type, or with protocols that the others do not know', () => {
  const lone = stable()
  assert.equal(lone.join('bob', { protocolType: 'connect' }).error, 'INCONSISTENT_GROUP_PROTOCOL')
  assert.equal(lone.join('bob', { protocols: [sticky] }).error, 'INCONSISTENT_GROUP_PROTOCOL')
  assert.equal(lone.group.state, 'Stable')
})

test('a stranger is an unknown member, whatever it asks', () => {
  const lone = stable()
  assert.equal(lone.join('eve', { memberId: 'eve-9' }).error, 'UNKNOWN_MEMBER_ID')
  assert.equal(lone.sync('eve-9', 1).error, 'UNKNOWN_MEMBER_ID')
  assert.equal(lone.heartbeat('eve-9', 1), 'UNKNOWN_MEMBER_ID')
  assert.equal(errorName(lone.leave({ memberId: 'eve-9' }).value![0]!.errorCode), 'UNKNOWN_MEMBER_ID')
})

test('the generation has to be the current one', () => {
  const lone = stable()
  assert.equal(lone.sync('ann-1', 2).error, 'ILLEGAL_GENERATION')
  assert.equal(lone.heartbeat('ann-1', 0), 'ILLEGAL_GENERATION')
})

test('the protocol that a sync names has to be the chosen one', () => {
  const lone = stable()
  assert.equal(lone.sync('ann-1', 1, { protocolType: 'connect' }).error, 'INCONSISTENT_GROUP_PROTOCOL')
  assert.equal(lone.sync('ann-1', 1, { protocolName: 'sticky' }).error, 'INCONSISTENT_GROUP_PROTOCOL')
  assert.equal(lone.sync('ann-1', 1, { protocolType: 'consumer', protocolName: 'range' }).error, undefined)
})

test('a sync while members are awaited is answered with REBALANCE_IN_PROGRESS', () => {
  const lone = stable()
  lone.join('bob')
  assert.equal(lone.sync('ann-1', 1).error, 'REBALANCE_IN_PROGRESS')
})

test('a parked sync is answered with REBALANCE_IN_PROGRESS when another member joins', () => {
  const lone = stable()
  const bob = lone.join('bob')
  lone.join('ann', { memberId: 'ann-1' })
  const syncing = lone.sync(bob.value!.memberId, 2)
  assert.deepEqual([syncing.value, syncing.error], [undefined, undefined])
  lone.join('cat')
  assert.equal(syncing.error, 'REBALANCE_IN_PROGRESS')
})

test('a request that is repeated takes the place of the first, which is not left without an answer', () => {
  const lone = stable()
  const first = lone.join('bob')
  const bobs = lone.group.describe().members[1]!.memberId
  const second = lone.join('bob', { memberId: bobs })
  assert.equal(first.error, 'REBALANCE_IN_PROGRESS')
  lone.join('ann', { memberId: 'ann-1' })
  assert.equal(second.value?.generationId, 2)
  const syncs = [lone.sync(bobs, 2), lone.sync(bobs, 2)]
  lone.sync('ann-1', 2, { assignments: [{ memberId: bobs, assignment: Buffer.from('x') }] })
  assert.equal(syncs[0]!.error, 'REBALANCE_IN_PROGRESS')
  assert.equal(Buffer.from(syncs[1]!.value!.assignment).toString(), 'x')
})

test('a member that changes what it knows makes the group rebalance', () => {
  const lone = stable()
  const bob = lone.join('bob')
  lone.join('ann', { memberId: 'ann-1' })
  lone.sync('ann-1', 2)
  assert.equal(lone.group.state, 'Stable')
  lone.join('bob', { memberId: bob.value!.memberId, protocols: [range] })
  assert.equal(lone.group.state, 'PreparingRebalance')
})

test('a member whose join was answered in vain gets the same answer again', () => {
  const lone = new LoneGroup()
  lone.join('ann')
  assert.equal(lone.group.state, 'CompletingRebalance')
  const again = lone.join('ann', { memberId: 'ann-1' }).value!
  assert.deepEqual([again.generationId, again.leader, again.members.length], [1, 'ann-1', 1])
})

test('the static name decides: an old id is fenced off, an unknown name is unknown', () => {
  const lone = new LoneGroup()
  lone.join('ann', { groupInstanceId: 'one' }, 9)
  lone.sync('one-1', 1, { groupInstanceId: 'one' })
  lone.join('ann', { groupInstanceId: 'one' }, 9)
  assert.equal(lone.heartbeat('one-1', 1, 'one'), 'FENCED_INSTANCE_ID')
  assert.equal(lone.sync('one-1', 1, { groupInstanceId: 'one' }).error, 'FENCED_INSTANCE_ID')
  assert.equal(lone.join('ann', { memberId: 'one-1', groupInstanceId: 'one' }).error, 'FENCED_INSTANCE_ID')
  assert.equal(lone.heartbeat('one-2', 1, 'two'), 'UNKNOWN_MEMBER_ID')
  assert.equal(lone.heartbeat('one-2', 1, 'one'), 'alive')
})

test('a static member that returns while its older self still waits sends that one away', () => {
  const lone = stable()
  const old = lone.join('one', { groupInstanceId: 'one' }, 9)
  const back = lone.join('one', { groupInstanceId: 'one' }, 9)
  assert.equal(old.error, 'FENCED_INSTANCE_ID')
  lone.join('ann', { memberId: 'ann-1' })
  assert.equal(back.value?.generationId, 2)
})

test('a static member is not replaced when that cannot be stored', () => {
  const lone = new LoneGroup()
  lone.join('ann', { groupInstanceId: 'one' }, 9)
  lone.sync('one-1', 1, { groupInstanceId: 'one' })
  lone.keeps = false
  assert.equal(lone.join('ann', { groupInstanceId: 'one' }, 9).error, 'COORDINATOR_NOT_AVAILABLE')
  assert.equal(lone.heartbeat('one-1', 1, 'one'), 'alive')
})

test('a static member does not leave with its connection, but with its session', () => {
  const lone = new LoneGroup()
  lone.join('ann', { groupInstanceId: 'one', sessionTimeoutMs: 30_000 }, 9)
  lone.sync('one-1', 1, { groupInstanceId: 'one' })
  lone.run(() => lone.group.evict('one-1'))
  assert.equal(lone.group.state, 'Stable')
  lone.clock.advance(29_999)
  assert.equal(lone.group.state, 'Stable')
  lone.clock.advance(1)
  assert.equal(lone.group.state, 'Empty')
})

test('several members leave at once, each with an answer of its own', () => {
  const lone = new LoneGroup()
  lone.join('ann', { groupInstanceId: 'one' }, 9)
  const { value } = lone.leave(
    { memberId: '', groupInstanceId: 'one' },
    { memberId: '', groupInstanceId: 'two' },
    { memberId: 'eve-9' },
  )
  assert.deepEqual(
    value?.map(({ errorCode }) => errorName(errorCode)),
    ['NONE', 'UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID'],
  )
  assert.equal(lone.group.state, 'Empty')
})

test('a client may leave before it ever came back with its id', () => {
  const lone = new LoneGroup()
  lone.join('ann', {}, 4)
  assert.equal(lone.group.abandoned, false)
  assert.equal(lone.leave({ memberId: 'ann-1' }).value?.[0]?.errorCode, 0)
  assert.equal(lone.group.abandoned, true)
})

test('a member that waits for others does not time out, unless it is new and has waited for five minutes', () => {
  const lone = new LoneGroup()
  lone.join('ann', { sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 1_800_000 })
  lone.sync('ann-1', 1)
  const bob = lone.join('bob', { sessionTimeoutMs: 6_000 })
  lone.clock.advance(299_999)
  assert.equal(bob.error, undefined)
  lone.clock.advance(1)
  assert.equal(bob.error, 'UNKNOWN_MEMBER_ID')
})

test('a generation counts up with every rebalance, also with the one that leaves no member', () => {
  const lone = stable()
  lone.leave({ memberId: 'ann-1' })
  assert.deepEqual(
    lone.group.facts().map(({ value }) => value?.generation),
    [2],
  )
  assert.equal(lone.join('bob').value?.generationId, 3)
})

test('a group that is empty is empty even if that cannot be stored, and works on', () => {
  const lone = stable()
  lone.keeps = false
  assert.equal(lone.leave({ memberId: 'ann-1' }).error, 'COORDINATOR_NOT_AVAILABLE')
  assert.equal(lone.group.state, 'Empty')
  lone.keeps = true
  assert.equal(lone.join('bob').value?.generationId, 3)
})

test('what members know of the protocol is described only while the group is stable', () => {
  const lone = stable()
  const described = lone.group.describe()
  assert.equal(described.protocolData, 'range')
  assert.ok(described.members[0]!.memberMetadata.length > 0)
  lone.join('bob')
  assert.equal(lone.group.describe().protocolData, '')
  assert.equal(lone.group.describe().members[0]!.memberMetadata.length, 0)
})

test('a version 0 client is given its session timeout for a rebalance', () => {
  const lone = stable()
  lone.clock.advance(1)
  lone.join('ann', { memberId: 'ann-1', rebalanceTimeoutMs: -1, sessionTimeoutMs: 6_000 }, 0)
  lone.sync('ann-1', 2)
  const bob = lone.join('bob', { rebalanceTimeoutMs: 0 })
  lone.clock.advance(5_999)
  assert.equal(lone.group.state, 'PreparingRebalance')
  lone.clock.advance(1)
  assert.equal(bob.value?.generationId, 3)
})

test('a group whose first members are gone before they were one may go over to the newer protocol', () => {
  const lone = new LoneGroup()
  lone.limits.initialRebalanceDelayMs = 3_000
  lone.join('ann')
  lone.leave({ memberId: 'ann-1' })
  assert.equal(lone.group.state, 'PreparingRebalance')
  assert.deepEqual(lone.group.asUpgraded().members, [])
})
