import type { Turns } from '../../time/turns.js'

/** Partitions by the ids of their topics; no topic is without partitions. */
export type Partitions = ReadonlyMap<string, ReadonlySet<number>>

/** Partitions, each with the epoch in which it was given to the member that has it. */
export type HeldPartitions = ReadonlyMap<string, ReadonlyMap<number, number>>

/** Partitions as messages carry them. */
export interface TopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

/** Partitions as they were listed: the list is the caller's own. */
export interface Listed extends TopicPartitions {
  readonly partitions: number[]
}

export const noPartitions: ReadonlyMap<string, never> = new Map<string, never>()

const ascending = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b)

/** Lists partitions as messages carry them, in order. */
export function listed(partitions: Partitions | HeldPartitions): Listed[] {
  const all: Listed[] = []
  for (const [topicId, each] of partitions) all.push({ topicId, partitions: ascending(each.keys()) })
  return all
}

export function fromListed(topics: readonly TopicPartitions[]): Partitions {
  const partitions = new Map<string, Set<number>>()
  for (const { topicId, partitions: numbers } of topics) {
    if (numbers.length === 0) continue
    const known = partitions.get(topicId)
    if (known) for (const each of numbers) known.add(each)
    else partitions.set(topicId, new Set(numbers))
  }
  return partitions
}

/** Reads a long list in turns, as `fromListed` does a short one. */
export async function fromListedInTurns(
  topics: readonly TopicPartitions[],
  turns: Turns,
): Promise<Partitions> {
  const partitions = new Map<string, Set<number>>()
  for (const { topicId, partitions: numbers } of topics) {
    const known = partitions.get(topicId) ?? new Set()
    for (const each of numbers) {
      known.add(each)
      const pause = turns.pause()
      if (pause) await pause
    }
    if (known.size > 0) partitions.set(topicId, known)
    const pause = turns.pause()
    if (pause) await pause
  }
  return partitions
}

export const withoutEpochs = (held: HeldPartitions): Partitions =>
  new Map([...held].map(([topicId, partitions]) => [topicId, new Set(ascending(partitions.keys()))]))

export const withEpoch = (partitions: Partitions, epoch: number): HeldPartitions =>
  new Map(
    [...partitions].map(([topicId, numbers]) => [topicId, new Map([...numbers].map(each => [each, epoch]))]),
  )

export function samePartitions(a: Partitions, b: Partitions): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, numbers] of a) {
    const others = b.get(topicId)
    if (others !== numbers && (others?.size !== numbers.size || !hasAll(others, numbers))) return false
  }
  return true
}

function hasAll(set: ReadonlySet<number>, numbers: Iterable<number>): boolean {
  for (const each of numbers) if (!set.has(each)) return false
  return true
}

export const sameHeld = (a: HeldPartitions, b: HeldPartitions): boolean =>
  a === b ||
  (a.size === b.size &&
    [...a].every(([topicId, numbers]) => {
      const others = b.get(topicId)
      return (
        others?.size === numbers.size && [...numbers].every(([each, epoch]) => others.get(each) === epoch)
      )
    }))
