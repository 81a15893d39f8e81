import 'reflect-metadata'
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Controller, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { EventPattern, Payload, Transport } from '@nestjs/microservices'
import { Kafka, logLevel } from 'kafkajs'
import { Broker } from 'ottla'

const orders: unknown[] = []
let arrived = () => {}

@Controller()
class OrdersController {
  @EventPattern('orders')
  take(@Payload() order: unknown): void {
    orders.push(order)
    arrived()
  }
}

@Module({ controllers: [OrdersController] })
class OrdersModule {}

test('a microservice of NestJS takes an order from its topic', async () => {
  const broker = await Broker.create({ topics: ['orders'] })
  after(() => broker.stop())
  const options = {
    client: { brokers: broker.brokers, logLevel: logLevel.NOTHING },
    consumer: { groupId: 'orders-service', maxWaitTimeInMs: 200 },
    subscribe: { fromBeginning: true },
  }
  const service = await NestFactory.createMicroservice(OrdersModule, {
    transport: Transport.KAFKA,
    options,
    logger: false,
  })
  await service.listen()
  const arrival = new Promise<void>(resolve => {
    arrived = resolve
  })
  const producer = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages: [{ value: JSON.stringify({ tea: 2 }) }] })
  await arrival
  await producer.disconnect()
  await service.close()
  assert.deepEqual(orders, [{ tea: 2 }])
})
