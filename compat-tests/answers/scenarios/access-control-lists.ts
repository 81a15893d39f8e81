import { createAcls } from '../../../src/wire/apis/create-acls.js'
import { deleteAcls } from '../../../src/wire/apis/delete-acls.js'
import { describeAcls } from '../../../src/wire/apis/describe-acls.js'
import { eachVersion, type Family } from '../scenario.js'

const [any, topic, read, allow] = [1, 2, 3, 3]
const filter = {
  resourceTypeFilter: topic,
  resourceNameFilter: 'orders',
  principalFilter: 'User:ann',
  hostFilter: '*',
  operation: read,
  permissionType: allow,
}
const everything = {
  resourceTypeFilter: any,
  resourceNameFilter: null,
  patternTypeFilter: any,
  principalFilter: null,
  hostFilter: null,
  operation: any,
  permissionType: any,
}
const creation = {
  resourceType: topic,
  resourceName: 'orders',
  principal: 'User:ann',
  host: '*',
  operation: read,
  permissionType: allow,
}

export const accessControlListsFamily: Family = {
  name: 'Access control lists without an authorizer',
  scenarios: [
    ...eachVersion(describeAcls, 'to list them is answered SECURITY_DISABLED', async (at, version) => {
      await at.ask(describeAcls, version, filter)
      await at.ask(describeAcls, version, everything)
    }),
    ...eachVersion(createAcls, 'to make some is answered SECURITY_DISABLED, each', async (at, version) => {
      await at.ask(createAcls, version, { creations: [creation, creation] })
      await at.ask(createAcls, version, { creations: [] })
    }),
    ...eachVersion(deleteAcls, 'to delete some is answered SECURITY_DISABLED, each', async (at, version) => {
      await at.ask(deleteAcls, version, { filters: [filter, everything] })
      await at.ask(deleteAcls, version, { filters: [] })
    }),
  ],
}
