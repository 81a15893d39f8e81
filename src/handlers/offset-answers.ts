import { type ErrorName, errorCodes } from '../wire/errors.js'

interface Topic {
  readonly name: string
  readonly topicId: string
}

/** What came of a partition; `early` when the group was not asked because the partition is not there. */
export interface Outcome {
  readonly partitionIndex: number
  readonly error: ErrorName
  readonly early: boolean
}

interface Answer extends Topic {
  readonly partitions: { readonly partitionIndex: number; readonly errorCode: number }[]
}

/**
 * Answers about offsets in the order of Kafka's response builders: what failed early, then what the group
 * said, joined to the same topics. Topics of which nothing is to be said are left out.
 */
export function offsetAnswers<T extends Topic>(
  topics: readonly T[],
  outcomesOf: (topic: T, index: number) => readonly Outcome[],
): Answer[] {
  const outcomes = topics.map(outcomesOf)
  const told = (early: boolean) =>
    topics.map(({ name, topicId }, i) => ({
      name,
      topicId,
      partitions: (outcomes[i] as readonly Outcome[])
        .filter(outcome => outcome.early === early)
        .map(({ partitionIndex, error }) => ({ partitionIndex, errorCode: errorCodes[error] })),
    }))
  const failed = told(true).filter(isFilled)
  const asked = told(false).filter(isFilled)
  return failed.length === 0 ? asked : joined([...failed, ...asked])
}

const isFilled = ({ partitions }: Answer): boolean => partitions.length > 0

function joined(answers: readonly Answer[]): Answer[] {
  const byTopic = new Map<string, Answer>()
  for (const answer of answers) {
    const key = `${answer.name}/${answer.topicId}`
    const known = byTopic.get(key)
    if (known) known.partitions.push(...answer.partitions)
    else byTopic.set(key, answer)
  }
  return [...byTopic.values()]
}
