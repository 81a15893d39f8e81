import type { PartitionChange } from '../../engine/metadata-store.js'
import { inTurns, Turns } from '../../time/turns.js'
import { answerOf, type RequestContext, type success } from './handler.js'

/** Partitions as a request names them. */
interface Named<Partition> {
  readonly name: string
  readonly partitions: readonly Partition[]
}

type Answer = typeof success | ReturnType<typeof answerOf>

/** Changes each of the partitions, or tells why not: all are kept together, and each is answered for itself. */
export async function changeEachPartition<Partition>(
  topics: readonly Named<Partition>[],
  plan: (name: string, partition: Partition) => PartitionChange,
  context: RequestContext,
): Promise<{ readonly name: string; readonly answers: readonly (readonly [Partition, Answer])[] }[]> {
  const turns = new Turns()
  const plans: (() => PartitionChange)[] = []
  const addPlans = ({ name, partitions }: Named<Partition>) =>
    inTurns(partitions, partition => plans.push(() => plan(name, partition)), turns)
  await inTurns(topics, addPlans, turns)
  const outcomes = (await change(plans, context)).values()
  const answer = (partition: Partition) => [partition, answerOf(outcomes.next().value, context)] as const
  return inTurns(
    topics,
    async ({ name, partitions }) => ({ name, answers: await inTurns(partitions, answer, turns) }),
    turns,
  )
}

/** Makes the changes; an error that fails all of them is the answer of each. */
const change = (plans: readonly (() => PartitionChange)[], { broker }: RequestContext) =>
  broker.metadata.changeEachPartition(plans).catch((thrown: unknown) => plans.map(() => thrown))
