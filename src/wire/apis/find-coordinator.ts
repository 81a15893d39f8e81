import {
  api,
  array,
  ignorable,
  int8,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
  until,
} from '../schema.js'

/** Tells which broker coordinates a group or a transactional id; from version 4 many at once (KIP-699). */
export const findCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexibleSince: 3,
  request: () => ({
    key: until(3, string), // the group or transactional id
    keyType: since(1, int8), // 0 group, 1 transaction, 2 share group partition
    coordinatorKeys: since(4, array(string)),
  }),
  response: () => ({
    throttleTimeMs: ignorable(since(1, int32)),
    errorCode: until(3, int16),
    errorMessage: ignorable(until(3, since(1, nullable(string), ''))),
    nodeId: until(3, int32), // -1 on error
    host: until(3, string),
    port: until(3, int32),
    coordinators: since(
      4,
      array({
        key: string,
        nodeId: int32,
        host: string,
        port: int32,
        errorCode: int16,
        errorMessage: optional(nullable(string), ''),
      }),
    ),
  }),
})
