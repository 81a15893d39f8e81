"""confluent-kafka, which carries librdkafka, as a driver of the matrix."""

import sys

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaException,
    Producer,
    TopicPartition,
    libversion,
    version,
)
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic, OffsetSpec

from serving import Failed, Reader, serve, to_base64, to_bytes, told

BOOTSTRAP = sys.argv[1]
COMMON = {
    "bootstrap.servers": BOOTSTRAP,
    "topic.metadata.refresh.interval.ms": 1000,
    "reconnect.backoff.max.ms": 500,
    "log_level": 3,
}
admin = AdminClient(COMMON)
producers = {}
readers = {}


def failed(error):
    """Kafka's codes are positive; negative ones are librdkafka's own."""
    return Failed(error.code() if error.code() > 0 else None, error.str())


def wait(future):
    try:
        return future.result(20)
    except KafkaException as error:
        raise failed(error.args[0])


def create_topic(topic, partitions, configs=None):
    wait(admin.create_topics([NewTopic(topic, partitions, config=configs or {})])[topic])


def describe_topic(topic):
    found = admin.list_topics(topic, timeout=10).topics[topic]
    if found.error:
        raise failed(found.error)
    return {"partitions": len(found.partitions)}


def list_topics():
    return {"topics": list(admin.list_topics(timeout=10).topics)}


def grow_topic(topic, partitions):
    wait(admin.create_partitions([NewPartitions(topic, partitions)])[topic])


def delete_topic(topic):
    wait(admin.delete_topics([topic])[topic])


def list_offset(topic, partition, spec):
    asked = TopicPartition(topic, partition)
    return wait(admin.list_offsets({asked: spec})[asked]).offset


def watermarks(topic, partition):
    return {
        "low": list_offset(topic, partition, OffsetSpec.earliest()),
        "high": list_offset(topic, partition, OffsetSpec.latest()),
    }


def offset_at(topic, partition, timestamp):
    return {"offset": list_offset(topic, partition, OffsetSpec.for_timestamp(timestamp))}


def committed(group, topic, partition):
    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, partition)])
    found = wait(admin.list_consumer_group_offsets([asked])[group]).topic_partitions[0]
    return {"offset": max(found.offset, -1)}


def produce(topic, records, codec="none", acks=-1, idempotent=False, maxBytes=1_000_000):
    options = (codec, acks, idempotent, maxBytes)
    if options not in producers:
        producers[options] = Producer(
            {
                **COMMON,
                "compression.type": codec,
                "acks": acks,
                "enable.idempotence": idempotent,
                "message.max.bytes": maxBytes,
                "linger.ms": 5,
                "retry.backoff.ms": 50,
            }
        )
    producer = producers[options]
    offsets = [None] * len(records)
    errors = []

    def delivered(i):
        def report(error, message):
            if error:
                errors.append(error)
            elif acks != 0:
                offsets[i] = message.offset()

        return report

    for i, record in enumerate(records):
        optional = {name: record[name] for name in ("partition", "timestamp") if name in record}
        producer.produce(
            topic,
            key=to_bytes(record["key"]),
            value=to_bytes(record["value"]),
            headers=[(name, to_bytes(value)) for name, value in record.get("headers", [])],
            on_delivery=delivered(i),
            **optional,
        )
    producer.flush(60)
    if errors:
        raise failed(errors[0])
    return {"offsets": offsets}


class Reading:
    """One consumer, and the offset after the last record that was told, by partition."""

    def __init__(self, name, options, start):
        self.name = name
        self.next = {}
        self.consumer = Consumer(
            {**COMMON, "fetch.wait.max.ms": 100, "auto.offset.reset": "earliest", **options}
        )
        start(self)
        self.reader = Reader(name, self.poll)
        self.reader.start()

    def poll(self):
        records = []
        for message in self.consumer.consume(500, 0.05):
            if message.error():
                told("error", self.name, code=message.error().code(), message=message.error().str())
                continue
            self.next[(message.topic(), message.partition())] = message.offset() + 1
            records.append(
                {
                    "topic": message.topic(),
                    "partition": message.partition(),
                    "offset": message.offset(),
                    "timestamp": message.timestamp()[1],
                    "key": to_base64(message.key()),
                    "value": to_base64(message.value()),
                    "headers": [[name, to_base64(value)] for name, value in message.headers() or []],
                }
            )
        if records:
            told("records", self.name, records=records)

    def rebalanced(self, event):
        def callback(_, partitions):
            told(event, self.name, partitions=[[each.topic, each.partition] for each in partitions])

        return callback

    def subscribe(self, topics):
        revoked = self.rebalanced("revoked")
        self.consumer.subscribe(
            topics, on_assign=self.rebalanced("assigned"), on_revoke=revoked, on_lost=revoked
        )

    def commit(self):
        offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in self.next.items()]
        self.consumer.commit(offsets=offsets, asynchronous=False)


def assign(consumer, topic, partition, offset):
    start = lambda reading: reading.consumer.assign([TopicPartition(topic, partition, offset)])
    readers[consumer] = Reading(consumer, {"group.id": f"assign-{consumer}", "enable.auto.commit": False}, start)


def subscribe(
    consumer,
    group,
    autoCommitMs,
    topics=(),
    pattern=None,
    follows=True,
    protocol="classic",
    assignor="range",
    instanceId=None,
    sessionTimeoutMs=30_000,
):
    classic = {
        "partition.assignment.strategy": assignor,
        "session.timeout.ms": sessionTimeoutMs,
        "heartbeat.interval.ms": 500,
    }
    options = {
        "group.id": group,
        "group.protocol": protocol,
        **(classic if protocol == "classic" else {}),
        "enable.auto.commit": autoCommitMs is not None,
        **({} if autoCommitMs is None else {"auto.commit.interval.ms": autoCommitMs}),
        **({} if instanceId is None else {"group.instance.id": instanceId}),
    }
    wanted = [pattern] if pattern else list(topics)
    readers[consumer] = Reading(consumer, options, lambda reading: reading.subscribe(wanted))


def commit(consumer):
    reading = readers[consumer]
    try:
        reading.reader.do(reading.commit)
    except KafkaException as error:
        raise failed(error.args[0])


def close(consumer):
    reading = readers.pop(consumer)
    reading.reader.close(reading.consumer.close)


def close_all():
    for name in list(readers):
        close(name)


serve(
    f"{version()} (librdkafka {libversion()[0]})",
    {
        "createTopic": create_topic,
        "describeTopic": describe_topic,
        "listTopics": list_topics,
        "growTopic": grow_topic,
        "deleteTopic": delete_topic,
        "watermarks": watermarks,
        "offsetAt": offset_at,
        "committed": committed,
        "produce": produce,
        "assign": assign,
        "subscribe": subscribe,
        "commit": commit,
        "close": close,
    },
    close_all,
)
