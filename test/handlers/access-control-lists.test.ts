import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAcls } from '../../src/wire/apis/create-acls.js'
import { deleteAcls } from '../../src/wire/apis/delete-acls.js'
import { describeAcls } from '../../src/wire/apis/describe-acls.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const [topic, read, allow] = [2, 3, 3]
const filter = {
  resourceTypeFilter: topic,
  resourceNameFilter: 'orders',
  principalFilter: 'User:ann',
  hostFilter: '*',
  operation: read,
  permissionType: allow,
}
const creation = {
  resourceType: topic,
  resourceName: 'orders',
  principal: 'User:ann',
  host: '*',
  operation: read,
  permissionType: allow,
}

test('without an authorizer access control lists are neither listed, nor made, nor deleted', async () => {
  await using served = await ServedBroker.open()
  for (const version of [1, 2, 3]) {
    const listed = await served.ask(describeAcls, version, filter)
    assert.deepEqual([errorName(listed), listed.resources], ['SECURITY_DISABLED', []])
    const made = await served.ask(createAcls, version, { creations: [creation, creation] })
    assert.deepEqual(made.results.map(errorName), ['SECURITY_DISABLED', 'SECURITY_DISABLED'])
    const deleted = await served.ask(deleteAcls, version, { filters: [filter] })
    assert.deepEqual(deleted.filterResults.map(errorName), ['SECURITY_DISABLED'])
  }
})
