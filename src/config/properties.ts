import { ConfigurationError } from './configuration-error.js'

/** A setting that stands in a file. */
export interface Property {
  readonly name: string
  readonly value: string
  /** The file and the line where the setting begins, in words. */
  readonly place: string
}

interface Line {
  readonly text: string
  readonly place: string
}

/**
 * Reads a Java properties file: comments, continued lines, escapes, and `=`, `:` or space between key and value. Throws
 * ConfigurationError with the place of what cannot be read.
 */
export function parseProperties(text: string, path: string): Property[] {
  return logicalLines(text, path).map(line => {
    const [, name = '', value = ''] =
      line.text.match(/^((?:\\.|[^\\\s=:])*)(?:\s*[=:]\s*|\s+|$)(.*)$/s) ?? refuse(line, 'it cannot be read')
    if (name === '') refuse(line, 'it has no name before its value')
    return { name: unescaped(name, line), value: unescaped(value, line), place: line.place }
  })
}

function logicalLines(text: string, path: string): Line[] {
  const lines: Line[] = []
  let begun = ''
  let first = 0
  for (const [at, physical] of text.split(/\r\n|\r|\n/).entries()) {
    const line = physical.replace(/^[ \t\f]+/, '')
    if (begun === '' && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    if (begun === '') first = at + 1
    const continued = /(^|[^\\])(\\\\)*\\$/.test(line)
    begun += continued ? line.slice(0, -1) : line
    if (continued) continue
    lines.push({ text: begun, place: `${path}, line ${first}` })
    begun = ''
  }
  if (begun !== '') lines.push({ text: begun, place: `${path}, line ${first}` })
  return lines
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

const unescaped = (text: string, line: Line): string =>
  text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, letter: string) => {
    if (code) return String.fromCharCode(Number.parseInt(code, 16))
    if (letter === 'u') refuse(line, '\\u has to be followed by four hexadecimal digits')
    return escapes[letter] ?? letter
  })

function refuse({ text, place }: Line, why: string): never {
  throw new ConfigurationError(`'${text}' in ${place} is no setting: ${why}.`)
}
