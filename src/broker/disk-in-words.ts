import { ConfigurationError } from '../config/configuration-error.js'
import { isFull, isNoFolder, StorageFault } from '../log/storage-fault.js'
import { KafkaError } from '../wire/errors.js'

/** Turns a disk's error at a start into one sentence that says what to do; any other error is returned as it is. */
export function diskInWords(thrown: unknown, directories: readonly string[]): unknown {
  const isRefusal = thrown instanceof KafkaError && thrown.errorName === 'KAFKA_STORAGE_ERROR'
  if (!isRefusal && !(thrown instanceof StorageFault)) return thrown
  const directory = directories.join(' or ')
  const { message } = thrown
  if (thrown instanceof StorageFault && isNoFolder(thrown)) {
    return new ConfigurationError(
      `The data directory ${directory} cannot be used: ${thrown.path} is a file, or lies below one; name a folder.`,
    )
  }
  if (!(thrown instanceof StorageFault && isFull(thrown))) {
    return new ConfigurationError(
      `The data directory ${directory} cannot be used (${message}): choose another one, or make this one writable.`,
    )
  }
  if (thrown.lacksDescriptor) {
    return new ConfigurationError(
      `The data directory ${directory} cannot be read, for the process may open no more files (${message}): raise its limit.`,
    )
  }
  return new ConfigurationError(
    `The data directory ${directory} has no room for what a start needs (${message}): make room, or choose another one.`,
  )
}
