import { missing } from '../support/tool.js'
import type { Codec } from './steps.js'

/** A client of the matrix: its column in the table. */
export interface Client {
  readonly name: string
  /** Its folder in compat-tests, and the name of its results. */
  readonly folder: string
  readonly language: string
  /** The programs that a machine must have for it, each with a harmless flag. */
  readonly needs: readonly (readonly [tool: string, flag: string])[]
  /** Installs and builds what is not there yet; gives the command that starts the driver. */
  readonly prepare: () => readonly string[]
  /** The codecs of others that it cannot read, from any broker, each with the reason. */
  readonly cannotRead?: Readonly<Partial<Record<Codec, string>>>
}

/** The reason why a client cannot run here, or false. */
export const missingFor = ({ needs }: Client): string | false =>
  needs.map(([tool, flag]) => missing(tool, flag)).find(Boolean) ?? false
