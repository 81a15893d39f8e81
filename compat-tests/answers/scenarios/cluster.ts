import { apiVersions } from '../../../src/wire/apis/api-versions.js'
import { describeCluster } from '../../../src/wire/apis/describe-cluster.js'
import { describeQuorum } from '../../../src/wire/apis/describe-quorum.js'
import { findCoordinator } from '../../../src/wire/apis/find-coordinator.js'
import { metadata } from '../../../src/wire/apis/metadata.js'
import { differences } from '../differences.js'
import { eachVersion, type Family, scenario } from '../scenario.js'

const types = { group: 0, transaction: 1, share: 2 } as const

export const findCoordinatorFamily: Family = {
  name: 'FindCoordinator',
  scenarios: [
    ...eachVersion(
      findCoordinator,
      'of a group',
      async (at, version) => {
        await at.ask(findCoordinator, version, { key: at.name() })
        await at.ask(findCoordinator, version, { key: '' })
      },
      { versions: [0, 1, 2, 3] },
    ),
    ...[1, 3].flatMap(version =>
      [types.transaction, types.share, 3, -1].map(keyType =>
        scenario(`of a key of type ${keyType}, in version ${version}`, async at => {
          await at.first.dare(findCoordinator, version, { key: at.name(), keyType })
        }),
      ),
    ),
    ...[4, 5, 6].flatMap(version => [
      scenario(`of several keys at once, in version ${version}`, async at => {
        const [one, two] = [at.name(), at.name()]
        await at.ask(findCoordinator, version, { coordinatorKeys: [two, '', one, two] })
        await at.ask(findCoordinator, version, { coordinatorKeys: [one], keyType: types.transaction })
        await at.ask(findCoordinator, version, { coordinatorKeys: [''], keyType: types.transaction })
      }),
      scenario(`of no keys, in version ${version}`, async at => {
        await at.ask(findCoordinator, version, { coordinatorKeys: [] })
      }),
      ...[3, -1].map(keyType =>
        scenario(`of keys of type ${keyType}, in version ${version}`, async at => {
          await at.first.dare(findCoordinator, version, { coordinatorKeys: [at.name()], keyType })
        }),
      ),
    ]),
    ...[4, 5].map(version =>
      scenario(`of a share partition, which came later, in version ${version}`, async at => {
        await at.first.dare(findCoordinator, version, { coordinatorKeys: ['g:t:0'], keyType: types.share })
      }),
    ),
    scenario(
      'of a share partition, in version 6',
      async at => {
        const { id } = await at.topic()
        const coordinatorKeys = [`g:${id}:0`]
        await at.first.dare(findCoordinator, 6, { coordinatorKeys, keyType: types.share })
      },
      { differs: differences.newGroups },
    ),
  ],
}

export const describeClusterFamily: Family = {
  name: 'DescribeCluster',
  scenarios: [
    ...eachVersion(describeCluster, 'the nodes', async (at, version) => {
      await at.ask(describeCluster, version, { includeClusterAuthorizedOperations: false })
      await at.ask(describeCluster, version, { includeClusterAuthorizedOperations: true })
    }),
    ...[1, 2].flatMap(version =>
      [2, 0, 3, -1].map(endpointType =>
        scenario(`endpoints of type ${endpointType}, in version ${version}`, async at => {
          await at.ask(describeCluster, version, { includeClusterAuthorizedOperations: false, endpointType })
        }),
      ),
    ),
    scenario('fenced nodes, too', async at => {
      await at.ask(describeCluster, 2, {
        includeClusterAuthorizedOperations: false,
        includeFencedBrokers: true,
      })
      await at.ask(describeCluster, 2, {
        includeClusterAuthorizedOperations: false,
        includeFencedBrokers: true,
        endpointType: 2,
      })
    }),
    scenario('the cluster has one id', async at => {
      await at.ask(metadata, 12, { topics: [] })
      await at.ask(describeCluster, 2, { includeClusterAuthorizedOperations: false })
    }),
  ],
}

const quorum = (topicName: string, ...partitions: number[]) => ({
  topicName,
  partitions: partitions.map(partitionIndex => ({ partitionIndex })),
})

export const describeQuorumFamily: Family = {
  name: 'DescribeQuorum',
  scenarios: [
    ...[0, 1, 2].map(version =>
      scenario(`the quorum of the metadata, in version ${version}`, async at => {
        const { topics, nodes, ...rest } = await at.quietly(describeQuorum, version, {
          topics: [quorum('__cluster_metadata', 0)],
        })
        const partition = topics[0]?.partitions[0]
        at.note('DescribeQuorum', {
          ...rest,
          errorCode: partition?.errorCode,
          leaderId: partition?.leaderId,
          hasEpoch: (partition?.leaderEpoch ?? 0) > 0,
          voters: partition?.currentVoters.map(({ replicaId, logEndOffset, lastFetchTimestamp }) => ({
            replicaId,
            hasEnd: logEndOffset > 0n,
            hasTime: lastFetchTimestamp > 0n,
          })),
          observers: partition?.observers,
          nodes: nodes.map(({ nodeId, listeners }) => ({ nodeId, count: listeners.length })),
        })
      }),
    ),
    ...[
      [quorum('no-such-topic', 0)],
      [quorum('__cluster_metadata', 1)],
      [quorum('__cluster_metadata', 0, 1)],
      [quorum('__cluster_metadata')],
      [quorum('__cluster_metadata', 0), quorum('other', 0)],
      [],
    ].map((topics, i) =>
      scenario(`what is no quorum, ${i + 1}`, async at => {
        await at.ask(describeQuorum, 2, { topics })
      }),
    ),
  ],
}

const servedFeatures = [
  'eligible.leader.replicas.version',
  'group.version',
  'kraft.version',
  'metadata.version',
  'transaction.version',
]
const servedOf = <Feature extends { readonly name: string }>(features: readonly Feature[]) =>
  servedFeatures.flatMap(wanted => features.filter(({ name }) => name === wanted))

export const apiVersionsFamily: Family = {
  name: 'ApiVersions',
  scenarios: [
    ...eachVersion(
      apiVersions,
      'what is offered',
      async (at, version) => {
        await at.ask(apiVersions, version, { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' })
      },
      { differs: differences.offered },
    ),
    ...eachVersion(apiVersions, 'what both offer', async (at, version) => {
      const answer = await at.quietly(apiVersions, version, {
        clientSoftwareName: 'raw',
        clientSoftwareVersion: '1.0',
      })
      const newer = new Map([
        [apiVersions.key, 4],
        [28, 5],
        [42, 2],
      ])
      const notOffered = [17, 29, 30, 31, 34, 36, 38, 39, 40, 41, 48, 49, 64]
      const served = answer.apiKeys.filter(({ apiKey }) => !notOffered.includes(apiKey) && apiKey < 76)
      at.note('ApiVersions of both', {
        errorCode: answer.errorCode,
        throttleTimeMs: answer.throttleTimeMs,
        apiKeys: served.map(each => ({
          ...each,
          maxVersion: Math.min(each.maxVersion, newer.get(each.apiKey) ?? Infinity),
        })),
        features: servedOf(answer.finalizedFeatures),
        supported: servedOf(answer.supportedFeatures),
      })
    }),
    ...[
      ['', '1'],
      ['raw', ''],
      ['a name', '1'],
      ['raw', '1/2'],
      ['-raw', '1'],
      ['raw', '1.'],
      ['raw-', '1'],
      ['Raw.x-1', '1.0-SNAPSHOT'],
      ['ü', '1'],
    ].map(([clientSoftwareName, clientSoftwareVersion]) =>
      scenario(`a client called '${clientSoftwareName}' '${clientSoftwareVersion}'`, async at => {
        const { errorCode, apiKeys } = await at.quietly(apiVersions, 3, {
          clientSoftwareName,
          clientSoftwareVersion,
        })
        at.note('ApiVersions', { errorCode, some: apiKeys.length > 0 })
      }),
    ),
    scenario(
      'a version to come is answered in version 0, with all that is offered',
      async at => {
        await at.first.write('ApiVersions v99', unknownVersion(99))
      },
      { differs: differences.offered },
    ),
    scenario(
      'a version below the first',
      async at => {
        await at.first.write('ApiVersions v-1', unknownVersion(-1))
      },
      { differs: differences.offered },
    ),
  ],
}

/** An ApiVersions request in an unknown version, with its length before it. */
function unknownVersion(version: number): Buffer {
  const frame = Buffer.alloc(4 + 2 + 2 + 4 + 2 + (version > 2 ? 1 : 0))
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt16BE(apiVersions.key, 4)
  frame.writeInt16BE(version, 6)
  frame.writeInt32BE(7, 8)
  frame.writeInt16BE(-1, 12)
  return frame
}
