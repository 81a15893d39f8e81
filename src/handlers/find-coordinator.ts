import { findCoordinator } from '../wire/apis/find-coordinator.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { advertisedNode } from './advertised.js'
import { handler, type RequestContext } from './handler.js'

type Request = RequestOf<typeof findCoordinator>
type Answer = NonNullable<ResponseOf<typeof findCoordinator>['coordinators']>[number]

const keyTypes = { group: 0, transaction: 1, share: 2 } as const
const firstVersionOfMany = 4

/** Tells which node answers for a group: the leader of the group's partition of `__consumer_offsets`. Transactions and share groups have no coordinator here yet. */
export const findCoordinatorHandler = handler({
  api: findCoordinator,

  async handle(request, context) {
    if (context.version >= firstVersionOfMany) {
      return {
        coordinators: await Promise.all(request.coordinatorKeys.map(key => find(key, request, context))),
      }
    }
    const { key: _key, ...answer } = await find(request.key, request, context)
    return answer
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
    checkKeyType(request.keyType)
    const nodeId = await context.broker.groups.coordinatorOf(key)
    const { host, port } = advertisedNode(context, nodeId)
    return { key, nodeId, host, port, errorCode: errorCodes.NONE, errorMessage: '' }
  } catch (thrown) {
    return nowhere(key, context.explain(thrown))
  }
}

function checkKeyType(keyType: number): void {
  switch (keyType) {
    case keyTypes.group:
      return
    case keyTypes.transaction:
      throw new KafkaError('INVALID_REQUEST', 'Transactions are not offered by this broker yet.')
    case keyTypes.share:
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
  errorMessage: error.message,
})
