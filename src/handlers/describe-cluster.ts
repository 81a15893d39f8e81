import { describeCluster } from '../wire/apis/describe-cluster.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { advertisedNode } from './shared/advertised-nodes.js'
import { clusterOperations } from './shared/authorized-operations.js'
import { handler } from './shared/handler.js'

const brokers = 1

/** Tells the cluster's id, its controller and its nodes. */
export const describeClusterHandler = handler({
  api: describeCluster,

  handle(request, context) {
    const { cluster } = context.broker
    if (request.endpointType !== brokers) {
      throw new KafkaError(
        request.endpointType === 2 ? 'MISMATCHED_ENDPOINT_TYPE' : 'UNSUPPORTED_ENDPOINT_TYPE',
        'This is a broker endpoint; ask for endpoint type 1.',
      )
    }
    const told = cluster.nodes().filter(node => node.alive || request.includeFencedBrokers)
    return {
      throttleTimeMs: 0,
      errorCode: errorCodes.NONE,
      clusterId: cluster.clusterId,
      controllerId: cluster.controllerId(),
      brokers: told.map(({ id, alive }) => {
        const { host, port, rack } = advertisedNode(context, id)
        return { brokerId: id, host, port, rack, isFenced: !alive }
      }),
      ...(request.includeClusterAuthorizedOperations
        ? { clusterAuthorizedOperations: clusterOperations }
        : {}),
    }
  },

  refuse: (_request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    errorMessage: error.message,
    clusterId: '',
    brokers: [],
  }),
})
