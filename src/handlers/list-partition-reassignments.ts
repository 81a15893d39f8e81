import { listPartitionReassignments } from '../wire/apis/list-partition-reassignments.js'
import { handler, success } from './shared/handler.js'

/** Lists moves of replicas that are under way: moves finish before they are answered, so there never is one. */
export const listPartitionReassignmentsHandler = handler({
  api: listPartitionReassignments,

  handle: () => ({ throttleTimeMs: 0, ...success, topics: [] }),

  refuse: (_request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    errorMessage: error.message,
    topics: [],
  }),
})
