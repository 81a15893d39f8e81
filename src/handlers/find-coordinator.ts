import { inTurns } from '../time/turns.js'
import { findCoordinator } from '../wire/apis/find-coordinator.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { advertisedNode } from './shared/advertised-nodes.js'
import { handler, type RequestContext } from './shared/handler.js'
import { memoized } from './shared/memoized.js'

type Request = RequestOf<typeof findCoordinator>
type Answer = NonNullable<ResponseOf<typeof findCoordinator>['coordinators']>[number]

/** The words that Kafka sends; clients of older versions may look at them. */
const words: Readonly<Record<number, string>> = {
  [errorCodes.NONE]: 'NONE',
  [errorCodes.COORDINATOR_NOT_AVAILABLE]: 'The coordinator is not available.',
}
const keyTypes = { group: 0, transaction: 1, share: 2 } as const
const firstVersionOfMany = 4
const sharesSince = 6

/**
 * Tells which node answers for a group or a transactional id: the leader of its partition of
 * `__consumer_offsets` or `__transaction_state`. Share groups have no coordinator here yet.
 */
export const findCoordinatorHandler = handler({
  api: findCoordinator,
  replyLength: 'brief',

  async handle(request, context) {
    if (context.version >= firstVersionOfMany) {
      const findOnce = memoized(String, key => find(key, request, context))
      return { coordinators: await inTurns(request.coordinatorKeys, findOnce) }
    }
    const { key: _key, ...answer } = await find(request.key, request, context)
    return { ...answer, errorMessage: answer.errorMessage || (words[answer.errorCode] ?? '') }
  },

  refuse(request, error) {
    if (request.coordinatorKeys.length > 0) {
      return { coordinators: request.coordinatorKeys.map(key => nowhere(key, error)) }
    }
    const { key: _key, ...answer } = nowhere(request.key, error)
    return answer
  },
})

async function find(key: string, request: Request, context: RequestContext): Promise<Answer> {
  try {
    const nodeId = await coordinatorOf(key, request.keyType, context)
    const { host, port } = advertisedNode(context, nodeId)
    return { key, nodeId, host, port, errorCode: errorCodes.NONE, errorMessage: '' }
  } catch (thrown) {
    return nowhere(key, context.explain(thrown))
  }
}

async function coordinatorOf(
  key: string,
  keyType: number,
  { broker, version }: RequestContext,
): Promise<number> {
  switch (keyType) {
    case keyTypes.group:
      return broker.groups.coordinatorOf(key)
    case keyTypes.transaction:
      return broker.transactions.coordinatorOf(key)
    case keyTypes.share:
      if (version >= firstVersionOfMany && version < sharesSince) throw new KafkaError('INVALID_REQUEST')
      throw new KafkaError('INVALID_REQUEST', 'Share groups are not offered by this broker yet.')
    default:
      throw new KafkaError('INVALID_REQUEST', `There is no coordinator of type ${keyType}.`)
  }
}

const nowhere = (key: string, error: KafkaError): Answer => ({
  key,
  nodeId: -1,
  host: '',
  port: -1,
  errorCode: error.code,
  errorMessage: error.detail ?? '',
})
