import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Java, JavaProgram } from '../support/java-program.js'
import { JavaStage } from '../support/java-stage.js'
import { classesOf, jarsOf } from '../support/maven.js'

/** A stage for Kafka Streams' own test programs and for ours in java/. */
export function openStage(t: TestContext, topics: Readonly<Record<string, number>>): Promise<JavaStage> {
  return JavaStage.open(t, java(), topics)
}

/** Starts one of Kafka Streams' own test programs; they all read their settings from a file. */
export function startProgram(
  stage: JavaStage,
  name: string,
  settings: Readonly<Record<string, string>>,
  ...args: string[]
): JavaProgram {
  const file = stage.settings({ 'bootstrap.servers': stage.bootstrap, ...settings })
  return stage.run(`org.apache.kafka.streams.tests.${name}`, file, ...args)
}

function java(): Java {
  const jars = join(jarsOf(new URL('./pom.xml', import.meta.url), 'kafka-streams'), '*')
  const classes = classesOf(new URL('./java/', import.meta.url), jars, 'kafka-streams')
  return {
    classPath: [classes, jars].join(delimiter),
    logging: new URL('./log4j2.yaml', import.meta.url),
  }
}
