import type { Turns } from '../../time/turns.js'
import { type ErrorName, errorCodes } from '../../wire/errors.js'

interface Topic {
  readonly name: string
  readonly topicId: string
}

export interface OffsetAnswer extends Topic {
  readonly partitions: { readonly partitionIndex: number; readonly errorCode: number }[]
}

/**
 * Collects answers about offsets in the order of Kafka's response builders: first the partitions that do not exist,
 * then those that the group was asked about, joined to the same topics. Topics without an answer are left out.
 */
export class OffsetAnswers<T extends Topic> {
  readonly #early: OffsetAnswer[] = []
  readonly #asked: OffsetAnswer[] = []
  #lastEarly: T | null = null
  #lastAsked: T | null = null

  /** Adds a partition that the group was not asked about. Both methods are called topic by topic. */
  failed(topic: T, partitionIndex: number, error: ErrorName): void {
    if (this.#lastEarly !== topic) this.#early.push(withoutPartitions(topic))
    this.#lastEarly = topic
    this.#early.at(-1)?.partitions.push({ partitionIndex, errorCode: errorCodes[error] })
  }

  /** Adds the group's answer about a partition. */
  answered(topic: T, partitionIndex: number, error: ErrorName): void {
    if (this.#lastAsked !== topic) this.#asked.push(withoutPartitions(topic))
    this.#lastAsked = topic
    this.#asked.at(-1)?.partitions.push({ partitionIndex, errorCode: errorCodes[error] })
  }

  /** Gives all answers, as a promise only where topics have to be joined. */
  all(turns: Turns): OffsetAnswer[] | Promise<OffsetAnswer[]> {
    return this.#early.length === 0 ? this.#asked : joined([this.#early, this.#asked], turns)
  }
}

const withoutPartitions = ({ name, topicId }: Topic): OffsetAnswer => ({ name, topicId, partitions: [] })

async function joined(lists: readonly (readonly OffsetAnswer[])[], turns: Turns): Promise<OffsetAnswer[]> {
  const byTopic = new Map<string, OffsetAnswer>()
  for (const answers of lists) {
    for (const answer of answers) {
      const key = `${answer.name}/${answer.topicId}`
      const known = byTopic.get(key)
      if (known) for (const partition of answer.partitions) known.partitions.push(partition)
      else byTopic.set(key, answer)
      const pause = turns.pause()
      if (pause) await pause
    }
  }
  return [...byTopic.values()]
}
