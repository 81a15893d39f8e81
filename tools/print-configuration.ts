/** Prints docs/configuration.md from the tables of settings: `npm run docs`. */
import { settingsOf } from '../src/config/broker-config.js'
import { type Scope, withoutEffect } from '../src/config/setting.js'

const table = (scope: Scope): string =>
  [...settingsOf(scope)]
    .filter(setting => setting.doc !== undefined)
    .map(({ name, default: value, parity, doc }) => {
      const shown = `\`${value ?? ''}\`${parity === undefined ? '' : ` (--parity: \`${parity}\`)`}`
      return `| \`${name}\` | ${value === null ? '' : shown} | ${doc} |`
    })
    .join('\n')

const rest = (scope: Scope): string =>
  [...settingsOf(scope)]
    .filter(setting => setting.doc === undefined)
    .map(setting => `\`${setting.name}\``)
    .join(', ')

console.log(`# Settings

Printed from the tables of settings by \`npm run docs\`. Flags win over \`KAFKA_*\` variables, these over the
file, the file over the defaults. Clients can alter the settings of topics, brokers and groups while the
broker runs, and the changes are kept.

## Broker

| setting | default | what it does |
|---|---|---|
${table('broker')}

## Topic

| setting | default | what it does |
|---|---|---|
${table('topic')}

## Group

| setting | default | what it does |
|---|---|---|
${table('group')}

## Client metrics

Settings of a subscription to metrics of clients (KIP-714), which is there while it has one of them.

| setting | default | what it does |
|---|---|---|
${table('clientMetrics')}

## Without effect

${withoutEffect} They are described with type and default like all others.

Broker: ${rest('broker')}

Topic: ${rest('topic')}

Group: ${rest('group')}`)
