import { ConfigurationError } from './configuration-error.js'

/** A topic that the options ask for; -1 stands for the broker's default. */
export interface WantedTopic {
  readonly name: string
  readonly partitions: number
  readonly replication: number
  readonly cleanupPolicy?: string
}

const mostParts = 4

/** Reads `name[:partitions[:replication[:cleanup.policy]]]`. Throws ConfigurationError. */
export function parseTopic(text: string): WantedTopic {
  const parts = text.split(':').map(part => part.trim())
  const [name = '', partitions = '-1', replication = '-1', cleanupPolicy] = parts
  const readable = [partitions, replication].every(number => /^-1$|^[1-9]\d{0,4}$/.test(number))
  if (!readable || name === '' || parts.length > mostParts) {
    throw new ConfigurationError(
      `The topic '${text}' cannot be read: write it as name:partitions or name:partitions:replication.`,
    )
  }
  return {
    name,
    partitions: Number(partitions),
    replication: Number(replication),
    ...(cleanupPolicy ? { cleanupPolicy } : {}),
  }
}
