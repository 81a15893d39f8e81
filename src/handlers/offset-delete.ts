import { inTurns, Turns } from '../time/turns.js'
import { offsetDelete } from '../wire/apis/offset-delete.js'
import { type ErrorName, errorCodes } from '../wire/errors.js'
import { callerOf, checkGroupId } from './shared/group-caller.js'
import { handler } from './shared/handler.js'
import { OffsetAnswers } from './shared/offset-answers.js'

/** A partition that the request names, once or many times. */
interface Target {
  readonly topic: string
  readonly partition: number
  readonly exists: boolean
}

/** Deletes committed offsets of topics that the group no longer reads. */
export const offsetDeleteHandler = handler({
  api: offsetDelete,

  async handle(request, context) {
    const { metadata, groups } = context.broker
    checkGroupId(request.groupId)
    const known = new Map<string, Target>()
    const turns = new Turns()
    const targets = await inTurns(
      request.topics,
      ({ name, partitions }) =>
        inTurns(
          partitions,
          ({ partitionIndex: partition }) => {
            const key = `${name}/${partition}`
            const exists = metadata.topic(name)?.partitions[partition] !== undefined
            const target = known.get(key) ?? { topic: name, partition, exists }
            known.set(key, target)
            return target
          },
          turns,
        ),
      turns,
    )
    const existing = [...known.values()].filter(({ exists }) => exists)
    const outcomes = await groups.deleteOffsets(request.groupId, existing, callerOf(context))
    const told = new Map<Target, ErrorName>()
    for (const [i, target] of existing.entries()) told.set(target, outcomes[i] as ErrorName)
    const answers = new OffsetAnswers()
    for (const [t, { name }] of request.topics.entries()) {
      const topic = { name, topicId: '' }
      for (const target of targets[t] ?? []) {
        const { partition, exists } = target
        if (exists) answers.answered(topic, partition, told.get(target) as ErrorName)
        else answers.failed(topic, partition, 'UNKNOWN_TOPIC_OR_PARTITION')
        const pause = turns.pause()
        if (pause) await pause
      }
    }
    return { errorCode: errorCodes.NONE, throttleTimeMs: 0, topics: await answers.all(turns) }
  },

  refuse: (_request, error) => ({ errorCode: error.code, throttleTimeMs: 0, topics: [] }),
})
