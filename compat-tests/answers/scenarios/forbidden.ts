import { alterReplicaLogDirs } from '../../../src/wire/apis/alter-replica-log-dirs.js'
import { deleteTopics } from '../../../src/wire/apis/delete-topics.js'
import { unknown } from '../partition-requests.js'
import { eachVersion, type Family, scenario } from '../scenario.js'

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'

export const deletionForbiddenFamily: Family = {
  name: 'DeleteTopics where that is forbidden',
  settings: { 'delete.topic.enable': 'false' },
  scenarios: eachVersion(deleteTopics, 'no topic is deleted, there or not', async (at, version) => {
    const topicNames = [(await at.topic()).name, unknown.name]
    if (version <= 5) await at.ask(deleteTopics, version, { topicNames, timeoutMs: 5000 })
    else
      await at.ask(deleteTopics, version, {
        topics: topicNames.map(name => ({ name, topicId: zeroId })),
        timeoutMs: 5000,
      })
  }),
}

const moved = (path: string, name: string, partitions: readonly number[] = [0]) => ({
  dirs: [{ path, topics: [{ name, partitions }] }],
})

export const alterReplicaLogDirsFamily: Family = {
  name: 'AlterReplicaLogDirs',
  scenarios: [
    ...eachVersion(
      alterReplicaLogDirs,
      'a directory that is none of the broker is LOG_DIR_NOT_FOUND',
      async (at, version) => {
        const { name } = await at.topic()
        await at.ask(alterReplicaLogDirs, version, moved('/nowhere', name))
        await at.ask(alterReplicaLogDirs, version, moved('/nowhere', name, [3, -1]))
        await at.ask(alterReplicaLogDirs, version, moved('/nowhere', unknown.name))
      },
    ),
    scenario('nothing is moved', async at => {
      await at.ask(alterReplicaLogDirs, 2, { dirs: [] })
      await at.ask(alterReplicaLogDirs, 2, { dirs: [{ path: '/nowhere', topics: [] }] })
    }),
  ],
}
