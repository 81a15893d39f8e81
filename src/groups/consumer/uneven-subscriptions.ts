import type { Assignees } from './assignor.js'
import { inHashOrder } from './java-hash.js'
import { LoadOrder } from './load-order.js'
import type { Partitions } from './partitions.js'

const mostRounds = 16
const nobody = -1

/**
 * Shares out topics that not all members read, as Kafka's UniformHeterogeneousAssignmentBuilder does: each member keeps
 * what it had and still reads, the rest goes to the members with the least, and then topics are balanced one by one
 * until a whole round moves nothing.
 */
export function assignToDifferentSubscriptions(to: Assignees): ReadonlyMap<string, Partitions> {
  return new UnevenSubscriptions(to).assign()
}

class UnevenSubscriptions {
  /** The ids of members, which are known by their place in this list. */
  readonly #ids: readonly string[]
  readonly #loads: number[]
  /** The members that read each topic, and the owner of each of its partitions. */
  readonly #readers = new Map<string, number[]>()
  readonly #owners = new Map<string, number[]>()

  constructor({ members, partitionCountOf }: Assignees) {
    this.#ids = inHashOrder(members.keys())
    this.#loads = this.#ids.map(() => 0)
    for (const [member, id] of this.#ids.entries()) {
      for (const topicId of members.get(id)?.topicIds ?? []) {
        const readers = this.#readers.get(topicId)
        if (readers) readers.push(member)
        else this.#readers.set(topicId, [member])
        if (!readers) this.#owners.set(topicId, new Array(partitionCountOf(topicId)).fill(nobody))
      }
    }
    for (const [member, id] of this.#ids.entries()) this.#keep(member, members.get(id)?.assigned, members)
  }

  assign(): ReadonlyMap<string, Partitions> {
    const topics = this.#ordered()
    for (const topicId of topics) this.#dealOut(topicId)
    this.#balance(topics.filter(topicId => this.#readersOf(topicId).length > 1))
    return this.#result()
  }

  #keep(member: number, assigned: Partitions | undefined, members: Assignees['members']): void {
    const reads = members.get(this.#ids[member] as string)?.topicIds
    for (const [topicId, partitions] of assigned ?? []) {
      if (!reads?.has(topicId)) continue
      for (const partition of partitions) this.#give(topicId, partition, member)
    }
  }

  /**
   * The topics in order: those with the most partitions for each reader first, and of these the ones with few readers.
   */
  #ordered(): string[] {
    const perReader = (topicId: string) => this.#ownersOf(topicId).length / this.#readersOf(topicId).length
    return [...this.#readers.keys()].sort(
      (a, b) =>
        perReader(b) - perReader(a) ||
        this.#readersOf(a).length - this.#readersOf(b).length ||
        (a < b ? -1 : 1),
    )
  }

  #dealOut(topicId: string): void {
    const free = [...this.#ownersOf(topicId).entries()].filter(([, owner]) => owner === nobody)
    if (free.length === 0) return
    const order = new LoadOrder(this.#readersOf(topicId), this.#loads)
    for (const [partition] of free) this.#give(topicId, partition, order.nextPoorest())
  }

  /** Balances topics until each was looked at since one was last changed. */
  #balance(topics: readonly string[]): void {
    let lastChanged: string | null = null
    for (let round = 0; round < mostRounds; round++) {
      for (const topicId of topics) {
        if (topicId === lastChanged) return
        if (this.#balanceTopic(topicId) > 0 || lastChanged === null) lastChanged = topicId
      }
    }
  }

  /** Balances one topic, and returns the number of partitions that were moved. */
  #balanceTopic(topicId: string): number {
    const order = new LoadOrder(this.#readersOf(topicId), this.#loads)
    if (order.imbalance <= 1) return 0
    const byOwner = new Map<number, number[]>()
    for (const [partition, owner] of this.#ownersOf(topicId).entries()) {
      const owned = byOwner.get(owner)
      if (owned) owned.push(partition)
      else byOwner.set(owner, [partition])
    }
    let moved = 0
    while (!order.isBalanced) {
      const rich = order.nextRichest(member => (byOwner.get(member)?.length ?? 0) > 0)
      if (rich === null) break
      const partition = byOwner.get(rich)?.pop() as number
      const poor = order.nextPoorest()
      if (order.isBalanced) break
      this.#give(topicId, partition, poor)
      moved++
    }
    return moved
  }

  #give(topicId: string, partition: number, member: number): void {
    const owners = this.#ownersOf(topicId)
    const old = owners[partition] ?? nobody
    if (old !== nobody) this.#loads[old] = (this.#loads[old] as number) - 1
    owners[partition] = member
    this.#loads[member] = (this.#loads[member] as number) + 1
  }

  #result(): ReadonlyMap<string, Partitions> {
    const result: Map<string, Set<number>>[] = this.#ids.map(() => new Map())
    for (const [topicId, owners] of this.#owners) {
      for (let partition = 0; partition < owners.length; partition++) {
        const assigned = result[owners[partition] as number] as Map<string, Set<number>>
        const partitions = assigned.get(topicId)
        if (partitions) partitions.add(partition)
        else assigned.set(topicId, new Set([partition]))
      }
    }
    return new Map(this.#ids.map((id, i) => [id, result[i] as Partitions]))
  }

  #readersOf(topicId: string): number[] {
    return this.#readers.get(topicId) as number[]
  }

  #ownersOf(topicId: string): number[] {
    return this.#owners.get(topicId) as number[]
  }
}
