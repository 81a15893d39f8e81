import assert from 'node:assert/strict'
import type { Topic } from '../../../src/engine/metadata-store.js'
import { type GroupFact, groupFacts } from '../../../src/groups/stored/group-facts.js'
import type { LonePartition } from './lone-partition.js'
import type { ModelClient } from './model-client.js'

/** The durable state of one group. */
interface Durable {
  readonly isConsumer: boolean
  /** The epoch of the group, or its generation. */
  epoch: number
  targetEpoch: number
  members: number
  /** The member epochs, by member id. */
  readonly epochs: Map<string, number>
  /** The member that owns each partition, or has yet to give it up. */
  readonly owners: Map<string, string>
  /** The assignments that a classic group's leader has dealt out. */
  shares: string
}

/** The invariants are checked once in so many commands that wrote nothing: then nothing should have changed. */
const skips = 10

/** The invariants that hold whatever happens. */
export class Invariants {
  #before = new Map<string, Durable>()
  /** The groups without members, which may begin anew; the record that one became so need not have been kept. */
  #empty = new Set<string>()
  /** The number of records at the last check; `#replayed` is the replay of those. */
  #seen = -1
  #replayed: readonly string[] = []
  #skipped = 0
  readonly #committed = new Map<string, bigint>()
  #mayExpire = false

  constructor(private readonly lone: LonePartition) {}

  committed(group: string, partition: number, offset: bigint): void {
    this.#committed.set(`${group}/${partition}`, offset)
  }

  deleted(group: string, partition?: number): void {
    for (const key of [...this.#committed.keys()]) {
      if (partition === undefined ? key.startsWith(`${group}/`) : key === `${group}/${partition}`) {
        this.#committed.delete(key)
      }
    }
  }

  mayExpire(): void {
    this.#mayExpire = true
  }

  /** `joining` is the client that has just joined, if one has. */
  check(clients: ReadonlyMap<string, ModelClient>, joining: string | undefined): void {
    this.#look(clients, joining)
    const groups = [...this.lone.working.list()]
    this.#empty = new Set(groups.filter(each => each.groupState === 'Empty').map(each => each.groupId))
  }

  #look(clients: ReadonlyMap<string, ModelClient>, joining: string | undefined): void {
    const written = this.lone.writtenCount
    if (written === this.#seen && ++this.#skipped % skips !== 0) return
    const facts = [...this.lone.working.facts()]
    if (written !== this.#seen) this.#replayed = inOrder(this.lone.shadow.facts())
    this.#seen = written
    const running = inOrder(facts)
    if (running.join() !== this.#replayed.join())
      assert.deepEqual(running, this.#replayed, 'replay gives what running gave')
    const now = durable(facts)
    for (const [group, each] of now) this.#checkGroup(group, each, joining)
    this.#checkOffsets(facts)
    for (const [group, each] of now) if (each.isConsumer) checkClients(group, each, clients)
    this.#before = now
  }

  /** Checks that groups whose members do their part come to rest, with an owner for every partition of orders. */
  settled(clients: ReadonlyMap<string, ModelClient>): void {
    for (const { groupId, groupState } of this.lone.working.list()) {
      const members = [...clients.values()].filter(each => each.group === groupId && each.memberId !== '')
      if (groupState === 'Empty') {
        assert.equal(members.length, 0, `${groupId} is empty, but ${members[0]?.name} is in it`)
        continue
      }
      assert.equal(groupState, 'Stable', `${groupId} comes to rest`)
      const { id, partitions } = this.lone.topics.topic('orders') as Topic
      const owned = members.flatMap(each => each.owned).filter(each => each.topicId === id)
      const all = owned.flatMap(each => each.partitions).sort()
      assert.deepEqual(
        all,
        partitions.map(({ index }) => index),
        `${groupId}: all of orders is read`,
      )
    }
  }

  /** Epochs never fall while there are members. */
  #checkGroup(group: string, now: Durable, joining: string | undefined): void {
    if (now.isConsumer && now.members > 0) {
      assert.ok(now.targetEpoch <= now.epoch, `${group}: a target of an epoch to come`)
      for (const [id, epoch] of now.epochs) {
        assert.ok(epoch <= now.targetEpoch, `${group}: ${id} is ahead of the target`)
      }
    }
    const before = this.#before.get(group)
    if (!before || this.#empty.has(group)) return
    assert.ok(now.epoch >= before.epoch, `${group}: epoch ${before.epoch} -> ${now.epoch}`)
    if (!now.isConsumer && !before.isConsumer && now.epoch === before.epoch) {
      assert.equal(now.shares, before.shares, `${group}: generation ${now.epoch} is dealt out once`)
    }
    if (!now.isConsumer || !before.isConsumer) return
    assert.ok(
      now.targetEpoch >= before.targetEpoch,
      `${group}: target ${before.targetEpoch} -> ${now.targetEpoch}`,
    )
    for (const [id, epoch] of now.epochs) {
      const old = before.epochs.get(id) ?? epoch
      if (epoch === -2 || (joining !== undefined && id.startsWith(joining))) continue
      assert.ok(epoch >= old, `${group}: ${id} ${old} -> ${epoch}`)
    }
  }

  /** Checks that every committed offset is there until it is deleted or has expired. */
  #checkOffsets(facts: readonly GroupFact[]): void {
    const found = new Map<string, bigint>()
    for (const fact of facts) {
      if (fact.kind === 'offset') found.set(`${fact.groupId}/${fact.partition}`, fact.value?.offset ?? -1n)
    }
    if (this.#mayExpire) {
      for (const key of [...this.#committed.keys()]) if (!found.has(key)) this.#committed.delete(key)
      this.#mayExpire = false
    }
    assert.deepEqual(
      [...found].sort(),
      [...this.#committed].sort(),
      'the offsets are those that were committed',
    )
  }
}

/**
 * Checks that no two members believe that they own the same partition. A classic member counts when it knows its
 * generation and its assignment: when a group goes back, Kafka notes the assignment that a member is to have, so that it
 * may still own more until it hears of the next generation; its commits are refused by then.
 */
function checkClients(group: string, { epochs }: Durable, clients: ReadonlyMap<string, ModelClient>): void {
  const owners = new Map<string, string>()
  for (const client of clients.values()) {
    if (client.group !== group || !epochs.has(client.memberId)) continue
    const isUpToDate = client.needs === 'beat' && client.epoch === epochs.get(client.memberId)
    if (client.protocol === 'classic' && !isUpToDate) continue
    for (const { topicId, partitions } of client.holds) {
      for (const partition of partitions) {
        const place = `${topicId}-${partition}`
        const other = owners.get(place)
        assert.equal(other, undefined, `${group}: ${other} and ${client.name} own ${place}`)
        owners.set(place, client.name)
      }
    }
  }
}

function durable(facts: readonly GroupFact[]): Map<string, Durable> {
  const groups = new Map<string, Durable>()
  const of = (group: string, isConsumer: boolean): Durable => {
    const known = groups.get(group)
    if (known) return known
    const made = {
      isConsumer,
      epoch: 0,
      targetEpoch: 0,
      members: 0,
      epochs: new Map(),
      owners: new Map(),
      shares: '',
    }
    groups.set(group, made)
    return made
  }
  for (const fact of facts) {
    if (fact.kind === 'offset' || fact.value === null) continue
    const group = of(fact.groupId, fact.kind !== 'group')
    if (fact.kind === 'group') {
      group.epoch = fact.value.generation
      group.members = fact.value.members.length
      group.shares = fact.value.members
        .map(each => each.assignment.toString('hex'))
        .sort()
        .join()
    } else if (fact.kind === 'consumer-group') group.epoch = fact.value.epoch
    else if (fact.kind === 'consumer-target-epoch') group.targetEpoch = fact.value.assignmentEpoch
    else if (fact.kind === 'consumer-member') group.members++
    else if (fact.kind === 'consumer-progress') takeProgress(group, fact)
  }
  return groups
}

/** No partition has two owners. */
function takeProgress(group: Durable, fact: Extract<GroupFact, { kind: 'consumer-progress' }>): void {
  const { memberEpoch, assignedPartitions, partitionsPendingRevocation } = fact.value as NonNullable<
    typeof fact.value
  >
  group.epochs.set(fact.memberId, memberEpoch)
  for (const { topicId, partitions } of [...assignedPartitions, ...partitionsPendingRevocation]) {
    for (const partition of partitions) {
      const place = `${topicId}-${partition}`
      const other = group.owners.get(place)
      assert.equal(other, undefined, `${fact.groupId}: ${other} and ${fact.memberId} have ${place}`)
      group.owners.set(place, fact.memberId)
    }
  }
}

const inOrder = (facts: Iterable<GroupFact>): string[] =>
  [...facts]
    .map(fact => {
      const { key, value } = groupFacts.encode(fact)
      return `${key.toString('latin1')} ${value?.toString('latin1')}`
    })
    .sort()
