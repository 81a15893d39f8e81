import type { NewTopic, Topic } from '../engine/metadata-store.js'
import { inTurns } from '../time/turns.js'
import { KafkaError } from '../wire/errors.js'
import { type Planner, planTopic, type WantedTopic } from './topic-plan.js'

/**
 * Makes topics; nothing else does. All are checked and placed when their turn has come, in the order in which they are
 * named, and each has an answer of its own: the topic, or the reason why it is not made.
 */
export async function createTopics(
  wanted: readonly WantedTopic[],
  planner: Planner,
): Promise<readonly (Topic | KafkaError)[]> {
  let plans: readonly (NewTopic | KafkaError)[] = []
  const making = planner.metadata.createTopics(async () => {
    plans = await planTopics(wanted, planner)
    return plans.filter(isPlan)
  })
  const made = await making.catch(thrown => {
    if (thrown instanceof KafkaError) return thrown
    throw thrown
  })
  if (made instanceof KafkaError) return wanted.map(() => made)
  const answers = made.values()
  return plans.map(plan => (isPlan(plan) ? (answers.next().value as Topic | KafkaError) : plan))
}

/**
 * Plans each topic by itself, as it would be made. Names that would collide only with each other are allowed, as in
 * Kafka.
 */
export function planTopics(
  wanted: readonly WantedTopic[],
  planner: Planner,
): Promise<readonly (NewTopic | KafkaError)[]> {
  const names = new Set<string>()
  return inTurns(wanted, topic => {
    try {
      if (names.has(topic.name)) throw new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')
      names.add(topic.name)
      const plan = planTopic(topic, planner)
      planner.charge?.(plan.assignments.length)
      return plan
    } catch (thrown) {
      if (thrown instanceof KafkaError) return thrown
      throw thrown
    }
  })
}

const isPlan = (plan: NewTopic | KafkaError): plan is NewTopic => !(plan instanceof KafkaError)

/** Makes one topic. Throws the reason why it is not made. */
export async function createTopic(wanted: WantedTopic, planner: Planner): Promise<Topic> {
  return topicOf(await createTopics([wanted], planner))
}

/** Gives the topic of this name, and makes it if it is not there: two callers that want it at once both get it. */
export async function topicOrNew(wanted: WantedTopic, planner: Planner): Promise<Topic> {
  return topicOf(await topicsOrNew([wanted], planner))
}

function topicOf([answer]: readonly (Topic | KafkaError)[]): Topic {
  if (answer instanceof KafkaError) throw answer
  return answer as Topic
}

/** Gives the topics of these names; those that are not there are made together. */
export async function topicsOrNew(
  wanted: readonly WantedTopic[],
  planner: Planner,
): Promise<readonly (Topic | KafkaError)[]> {
  const answers = await createTopics(wanted, planner)
  return answers.map((answer, i) => {
    const isThere = answer instanceof KafkaError && answer.errorName === 'TOPIC_ALREADY_EXISTS'
    return (isThere && planner.metadata.topic((wanted[i] as WantedTopic).name)) || answer
  })
}
