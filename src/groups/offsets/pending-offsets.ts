import type { StoredOffset } from '../stored/group-facts.js'

/** An offset that counts once the transaction of its producer is committed. */
export interface PendingOffset {
  readonly producerId: bigint
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly value: StoredOffset
}

interface Ordered extends PendingOffset {
  /** The order of commits; a later one has a greater number. */
  readonly order: number
  /** True where a later offset was committed meanwhile, so that this one will never count. */
  outdated: boolean
}

/**
 * The offsets that were committed within transactions which are still open, in one partition of `__consumer_offsets`.
 * Of two offsets the one that stands later in the log counts, whenever it is decided.
 */
export class PendingOffsets {
  readonly #ofProducers = new Map<bigint, Map<string, Ordered>>()
  /** This map holds the same offsets by group, then by topic and partition. */
  readonly #ofGroups = new Map<string, Map<string, Set<Ordered>>>()
  #order = 0

  add(pending: PendingOffset): void {
    const { producerId, groupId } = pending
    const key = keyOf(pending)
    const keyInProducer = `${key} ${groupId}`
    const ofProducer = madeIn(this.#ofProducers, producerId)
    const known = ofProducer.get(keyInProducer)
    if (known) this.#release(known)
    const { topic, partition, value } = pending
    const ordered = { producerId, groupId, topic, partition, value, order: ++this.#order, outdated: false }
    ofProducer.set(keyInProducer, ordered)
    const ofGroup = madeIn(this.#ofGroups, groupId)
    const ofPartition = ofGroup.get(key)
    if (ofPartition) ofPartition.add(ordered)
    else ofGroup.set(key, new Set([ordered]))
  }

  /** Takes in a commit without a transaction: the pending offsets of its partition are older. */
  outdate(groupId: string, topic: string, partition: number): void {
    for (const each of this.#of(groupId, topic, partition)) each.outdated = true
  }

  /** Takes in that the partition's offset was deleted, and with it its pending ones. */
  remove(groupId: string, topic: string, partition: number): void {
    for (const each of [...this.#of(groupId, topic, partition)]) {
      this.#release(each)
      this.#ofProducers.get(each.producerId)?.delete(`${keyOf(each)} ${groupId}`)
    }
  }

  /** Ends a transaction: its offsets are pending no more. Returns those that count now if it was committed. */
  end(producerId: bigint): PendingOffset[] {
    const all = [...(this.#ofProducers.get(producerId)?.values() ?? [])]
    this.#ofProducers.delete(producerId)
    for (const each of all) this.#release(each)
    return all.filter(each => !each.outdated)
  }

  /** Has to be called for each offset that `end` returned when it is taken over. */
  taken(pending: PendingOffset): void {
    const { order } = pending as Ordered
    for (const each of this.#of(pending.groupId, pending.topic, pending.partition)) {
      if (each.order < order) each.outdated = true
    }
  }

  has(groupId: string, topic: string, partition: number): boolean {
    return this.#ofGroups.get(groupId)?.has(keyOf({ topic, partition })) ?? false
  }

  /** The pending offsets of a group: each of its partitions once or more often. */
  *ofGroup(groupId: string): Generator<PendingOffset> {
    for (const pending of this.#ofGroups.get(groupId)?.values() ?? []) yield* pending
  }

  clear(): void {
    this.#ofProducers.clear()
    this.#ofGroups.clear()
  }

  #of(groupId: string, topic: string, partition: number): Iterable<Ordered> {
    return this.#ofGroups.get(groupId)?.get(keyOf({ topic, partition })) ?? []
  }

  #release(pending: Ordered): void {
    const key = keyOf(pending)
    const ofGroup = this.#ofGroups.get(pending.groupId)
    const ofPartition = ofGroup?.get(key)
    ofPartition?.delete(pending)
    if (ofPartition?.size === 0) ofGroup?.delete(key)
    if (ofGroup?.size === 0) this.#ofGroups.delete(pending.groupId)
  }
}

function madeIn<K, V>(all: Map<K, Map<string, V>>, key: K): Map<string, V> {
  const known = all.get(key)
  if (known) return known
  const made = new Map<string, V>()
  all.set(key, made)
  return made
}

/** The key of a partition; a space separates it, as topic names have none. */
const keyOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic} ${partition}`
