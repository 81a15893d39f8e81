import { consumerGroupHeartbeat } from '../../../src/wire/apis/consumer-group-heartbeat.js'
import { ConsumerScript } from './consumer-script.js'
import { OttlaStage, stageSettings } from './stage.js'

/** A stage with a topic orders of 4 partitions, and a script that plays on it. */
export class ConsumerWorld {
  readonly stage: OttlaStage
  readonly #script: ConsumerScript

  private constructor(stage: OttlaStage) {
    this.stage = stage
    this.#script = new ConsumerScript(stage)
  }

  static async open(settings: Readonly<Record<string, string>> = {}): Promise<ConsumerWorld> {
    const stage = new OttlaStage(stageSettings(settings))
    await stage.createTopic('orders', 4)
    return new ConsumerWorld(stage)
  }

  get world() {
    return this.stage.world
  }

  /** Plays the steps and returns the lines of the last one. */
  async play(...steps: string[]): Promise<string[]> {
    let lines: string[] = []
    for (const step of steps) lines = await this.#script.play(step)
    return lines
  }

  /** A heartbeat as it is, for what scripts cannot say. */
  beat(request: Omit<Parameters<typeof consumerGroupHeartbeat.request.write>[1], 'groupId'>, version = 1) {
    const complete = {
      groupId: this.stage.group,
      ...(version > 0 ? { subscribedTopicRegex: null } : {}),
      ...request,
    }
    return this.stage.ask('ann', consumerGroupHeartbeat, version, complete)
  }
}

/** The fields that a member has to send at least when it joins. */
export const joining = {
  memberEpoch: 0,
  rebalanceTimeoutMs: 60_000,
  topicPartitions: [],
  subscribedTopicNames: ['orders'],
}
