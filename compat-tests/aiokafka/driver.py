"""aiokafka as a driver of the matrix: its event loop has a thread of its own, to which every step goes."""

import asyncio
import sys
import threading
from contextlib import suppress

import aiokafka
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError, for_code

from serving import Cannot, Failed, serve, to_base64, to_bytes, told

COMMON = {"bootstrap_servers": sys.argv[1], "metadata_max_age_ms": 1000}
producers = {}
readers = {}
loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()


def wait(work):
    return asyncio.run_coroutine_threadsafe(work, loop).result()


def step(act):
    """The step in the loop's thread, its errors with Kafka's codes: those are positive, aiokafka's own have none."""

    def asked(**ask):
        try:
            return wait(act(**ask))
        except KafkaError as error:
            code = getattr(error, "errno", None)
            known = code if isinstance(code, int) and code > 0 else None
            raise Failed(known, f"{type(error).__name__}: {error}")

    return asked


async def started(made):
    await made.start()
    return made


async def make_admin():
    return await started(AIOKafkaAdminClient(**COMMON))


async def make_asking():
    """A consumer that reads nothing and only asks for offsets."""
    return await started(AIOKafkaConsumer(**COMMON))


def check(code):
    if code != 0:
        raise for_code(code)()


async def create_topic(topic, partitions, configs=None):
    made = await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs or {})])
    check(made.topic_errors[0][1])


async def describe_topic(topic):
    found = (await admin.describe_topics([topic]))[0]
    check(found["error_code"])
    return {"partitions": len(found["partitions"])}


async def list_topics():
    return {"topics": await admin.list_topics()}


async def grow_topic(topic, partitions):
    await admin.create_partitions({topic: NewPartitions(partitions)})


async def delete_topic(topic):
    deleted = await admin.delete_topics([topic])
    check(deleted.topic_error_codes[0][1])


async def watermarks(topic, partition):
    asked = TopicPartition(topic, partition)
    low = await asking.beginning_offsets([asked])
    high = await asking.end_offsets([asked])
    return {"low": low[asked], "high": high[asked]}


async def offset_at(topic, partition, timestamp):
    asked = TopicPartition(topic, partition)
    found = (await asking.offsets_for_times({asked: timestamp}))[asked]
    return {"offset": -1 if found is None else found.offset}


async def committed(group, topic, partition):
    asked = TopicPartition(topic, partition)
    return {"offset": (await admin.list_consumer_group_offsets(group, partitions=[asked]))[asked].offset}


async def produce(topic, records, codec="none", acks=-1, idempotent=False, maxBytes=1_000_000):
    if any(value is None for record in records for _, value in record.get("headers", [])):
        raise Cannot("no null in headers")
    options = (codec, acks, idempotent, maxBytes)
    if options not in producers:
        producers[options] = await started(
            AIOKafkaProducer(
                **COMMON,
                compression_type=None if codec == "none" else codec,
                acks=acks,
                enable_idempotence=idempotent,
                max_request_size=maxBytes,
                linger_ms=5,
            )
        )
    producer = producers[options]
    sent = [
        await producer.send(
            topic,
            key=to_bytes(record["key"]),
            value=to_bytes(record["value"]),
            headers=[(name, to_bytes(value)) for name, value in record.get("headers", [])],
            partition=record.get("partition"),
            timestamp_ms=record.get("timestamp"),
        )
        for record in records
    ]
    stored = [await future for future in sent]
    return {"offsets": [None if acks == 0 else each.offset for each in stored]}


def record(message):
    return {
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "timestamp": message.timestamp,
        "key": to_base64(message.key),
        "value": to_base64(message.value),
        "headers": [[name, to_base64(value)] for name, value in message.headers],
    }


class Reading(ConsumerRebalanceListener):
    """One consumer, and the offset after the last record that was told, by partition."""

    def __init__(self, name, options):
        self.name = name
        self.next = {}
        self.consumer = AIOKafkaConsumer(
            **COMMON, fetch_max_wait_ms=100, auto_offset_reset="earliest", **options
        )

    async def start(self, begin=lambda consumer: None):
        await self.consumer.start()
        begin(self.consumer)
        self.task = loop.create_task(self.read())

    async def read(self):
        while True:
            try:
                for partition, messages in (await self.consumer.getmany(timeout_ms=1000)).items():
                    self.next[partition] = messages[-1].offset + 1
                    told("records", self.name, records=[record(message) for message in messages])
            except KafkaError as error:
                told("error", self.name, code=getattr(error, "errno", None), message=str(error))

    def on_partitions_assigned(self, assigned):
        told("assigned", self.name, partitions=[list(each) for each in assigned])

    def on_partitions_revoked(self, revoked):
        told("revoked", self.name, partitions=[list(each) for each in revoked])

    async def close(self):
        self.task.cancel()
        # A fetch that waits for its next try, as it does after a lost connection, is cancelled by stop(), which throws that.
        with suppress(asyncio.CancelledError):
            await self.consumer.stop()


async def assign(consumer, topic, partition, offset):
    reading = Reading(consumer, {"enable_auto_commit": False})
    readers[consumer] = reading
    asked = TopicPartition(topic, partition)

    def begin(consumer):
        consumer.assign([asked])
        consumer.seek(asked, offset)

    await reading.start(begin)


async def subscribe(
    consumer,
    group,
    autoCommitMs,
    topics=(),
    pattern=None,
    follows=True,
    assignor="range",
    instanceId=None,
    sessionTimeoutMs=30_000,
):
    if assignor == "cooperative-sticky":
        raise Cannot("no cooperative rebalance")
    options = {
        "group_id": group,
        "group_instance_id": instanceId,
        "partition_assignment_strategy": [RangePartitionAssignor],
        "session_timeout_ms": sessionTimeoutMs,
        "heartbeat_interval_ms": 500,
        "enable_auto_commit": autoCommitMs is not None,
        **({} if autoCommitMs is None else {"auto_commit_interval_ms": autoCommitMs}),
    }
    reading = Reading(consumer, options)
    readers[consumer] = reading
    reading.consumer.subscribe(topics=list(topics), pattern=pattern, listener=reading)
    await reading.start()


async def commit(consumer):
    await readers[consumer].consumer.commit(readers[consumer].next)


async def close(consumer):
    await readers.pop(consumer).close()


async def close_all():
    for name in list(readers):
        await close(name)
    for made in [*producers.values(), asking]:
        await made.stop()
    await admin.close()


admin = wait(make_admin())
asking = wait(make_asking())
serve(
    aiokafka.__version__,
    {
        "createTopic": step(create_topic),
        "describeTopic": step(describe_topic),
        "listTopics": step(list_topics),
        "growTopic": step(grow_topic),
        "deleteTopic": step(delete_topic),
        "watermarks": step(watermarks),
        "offsetAt": step(offset_at),
        "committed": step(committed),
        "produce": step(produce),
        "assign": step(assign),
        "subscribe": step(subscribe),
        "commit": step(commit),
        "close": step(close),
    },
    lambda: wait(close_all()),
)
