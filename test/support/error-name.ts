import { type ErrorName, errorCodes } from '../../src/wire/errors.js'

const names = new Map(Object.entries(errorCodes).map(([name, code]) => [code as number, name as ErrorName]))

/** The name of an error that an answer carries, NONE where it carries none. */
export function errorName(answer: { readonly errorCode: number } | undefined): ErrorName {
  const name = answer && names.get(answer.errorCode)
  if (!name) throw new Error(`no error has the code ${answer?.errorCode}`)
  return name
}
