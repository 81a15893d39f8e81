import { heartbeat } from '../../src/wire/apis/heartbeat.js'
import { joinGroup } from '../../src/wire/apis/join-group.js'
import { leaveGroup } from '../../src/wire/apis/leave-group.js'
import { syncGroup } from '../../src/wire/apis/sync-group.js'
import { errorCodes } from '../../src/wire/errors.js'
import type { ResponseOf } from '../../src/wire/schema.js'
import type { Caller } from './caller.js'
import type { Stage } from './stage.js'

export interface MemberOptions {
  readonly group: string
  readonly protocolType?: string
  /** Names of assignors; the metadata of each is its name. */
  readonly protocols?: readonly string[]
  /** The metadata of every assignor, in place of its name. */
  readonly metadata?: Buffer
  readonly groupInstanceId?: string | null
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  /** The version of JoinGroup. */
  readonly version?: number
  readonly caller?: Caller
}

type Joined = ResponseOf<typeof joinGroup>

/** A member of a classic group that says what the scenario wants it to say. */
export class GroupMember {
  memberId = ''
  generationId = -1
  #protocol: string | null = null
  readonly caller: Caller
  readonly group: string

  constructor(
    at: Stage,
    private readonly options: MemberOptions,
  ) {
    this.caller = options.caller ?? at.first
    this.group = options.group
  }

  /** Makes a member on a connection of its own, as a JoinGroup that waits blocks it. */
  static async connected(at: Stage, options: MemberOptions): Promise<GroupMember> {
    return new GroupMember(at, { ...options, caller: await at.caller() })
  }

  /** Sends one JoinGroup; ids and generations in its answer are remembered. */
  async join(changes: Partial<MemberOptions> & { readonly memberId?: string } = {}): Promise<Joined> {
    const { version = 9, ...wanted } = { ...this.options, ...changes }
    const answer = await this.caller.ask(joinGroup, version, this.request(wanted))
    if (answer.errorCode === errorCodes.NONE) {
      this.generationId = answer.generationId
      this.#protocol = answer.protocolName
    }
    if (answer.memberId !== '') this.memberId = answer.memberId
    return answer
  }

  /** Sends a JoinGroup, and another if the broker wants the member to have an id first (KIP-394). */
  async enter(changes: Partial<MemberOptions> = {}): Promise<Joined> {
    const answer = await this.join(changes)
    return answer.errorCode === errorCodes.MEMBER_ID_REQUIRED ? this.join(changes) : answer
  }

  /** Sends a JoinGroup without reading the answer. */
  joinUnheard(): void {
    this.caller.tell(joinGroup, 9, this.request(this.options))
  }

  /** Joins, and as the leader assigns to itself and to the members named. */
  async settle(assignments: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.enter()
    await this.sync({ assignments: { [this.memberId]: 'mine', ...assignments } })
  }

  sync({
    version = 5,
    assignments = {} as Readonly<Record<string, string>>,
    generationId = this.generationId,
    memberId = this.memberId,
    groupId = this.group,
    groupInstanceId = this.options.groupInstanceId ?? null,
    protocolType = (this.options.protocolType ?? 'consumer') as string | null,
    protocolName = this.#protocol,
  } = {}) {
    return this.caller.ask(syncGroup, version, {
      groupId,
      generationId,
      memberId,
      ...(version >= 3 ? { groupInstanceId } : {}),
      ...(version >= 5 ? { protocolType, protocolName } : {}),
      assignments: Object.entries(assignments).map(([id, assignment]) => ({
        memberId: id,
        assignment: Buffer.from(assignment),
      })),
    })
  }

  heartbeat({
    version = 4,
    generationId = this.generationId,
    memberId = this.memberId,
    groupId = this.group,
    groupInstanceId = this.options.groupInstanceId ?? null,
  } = {}) {
    return this.caller.ask(heartbeat, version, {
      groupId,
      generationId,
      memberId,
      ...(version >= 3 ? { groupInstanceId } : {}),
    })
  }

  /** Heartbeats until the group rebalances; only the last is kept. */
  async rebalances(): Promise<void> {
    const keep = this.caller.keep(heartbeat, 4)
    for (;;) {
      const answer = await this.caller.quietly(heartbeat, 4, {
        groupId: this.group,
        generationId: this.generationId,
        memberId: this.memberId,
        groupInstanceId: this.options.groupInstanceId ?? null,
      })
      if (answer.errorCode === errorCodes.NONE) continue
      keep(answer)
      return
    }
  }

  leave(version = 5) {
    const { group: groupId, memberId } = this
    return this.caller.ask(
      leaveGroup,
      version,
      version < 3 ? { groupId, memberId } : { groupId, members: [{ memberId }] },
    )
  }

  private request({
    group,
    protocolType = 'consumer',
    protocols = ['range'],
    metadata,
    groupInstanceId = null,
    sessionTimeoutMs = 30_000,
    rebalanceTimeoutMs = 30_000,
    memberId = this.memberId,
  }: Partial<MemberOptions> & { readonly memberId?: string }) {
    return {
      groupId: group ?? this.group,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId,
      groupInstanceId,
      protocolType,
      protocols: protocols.map(name => ({ name, metadata: metadata ?? Buffer.from(name) })),
    }
  }
}
