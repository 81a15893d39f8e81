import type { Turns } from '../time/turns.js'
import { type ErrorName, errorCodes } from '../wire/errors.js'

interface Topic {
  readonly name: string
  readonly topicId: string
}

interface Answer extends Topic {
  readonly partitions: { readonly partitionIndex: number; readonly errorCode: number }[]
}

/**
 * Answers about offsets in the order of Kafka's response builders: what failed early, because the partition is not
 * there, then what the group said, joined to the same topics. Topics of which nothing is to be said are left out.
 */
export class OffsetAnswers<T extends Topic> {
  readonly #early: Answer[] = []
  readonly #asked: Answer[] = []
  #lastEarly: T | null = null
  #lastAsked: T | null = null

  /** The group was not asked. To be called topic by topic, as the next. */
  failed(topic: T, partitionIndex: number, error: ErrorName): void {
    if (this.#lastEarly !== topic) this.#early.push(withoutPartitions(topic))
    this.#lastEarly = topic
    this.#early.at(-1)?.partitions.push({ partitionIndex, errorCode: errorCodes[error] })
  }

  /** What the group said. */
  answered(topic: T, partitionIndex: number, error: ErrorName): void {
    if (this.#lastAsked !== topic) this.#asked.push(withoutPartitions(topic))
    this.#lastAsked = topic
    this.#asked.at(-1)?.partitions.push({ partitionIndex, errorCode: errorCodes[error] })
  }

  /** A promise only where something has to be joined. */
  all(turns: Turns): Answer[] | Promise<Answer[]> {
    return this.#early.length === 0 ? this.#asked : joined([this.#early, this.#asked], turns)
  }
}

const withoutPartitions = ({ name, topicId }: Topic): Answer => ({ name, topicId, partitions: [] })

async function joined(lists: readonly (readonly Answer[])[], turns: Turns): Promise<Answer[]> {
  const byTopic = new Map<string, Answer>()
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
