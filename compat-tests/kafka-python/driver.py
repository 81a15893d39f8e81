"""kafka-python as a driver of the matrix."""

import sys

import kafka
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from serving import Cannot, Failed, Reader, serve, to_base64, to_bytes, told

COMMON = {
    "bootstrap_servers": sys.argv[1],
    "metadata_max_age_ms": 1000,
    "reconnect_backoff_max_ms": 500,
}
ASSIGNORS = {"range": RangePartitionAssignor, "cooperative-sticky": CooperativeStickyAssignor}
admin = KafkaAdminClient(**COMMON)
producers = {}
readers = {}


def step(act):
    """The step, whose errors are told with Kafka's codes: those are positive, kafka-python's own have none."""

    def asked(**ask):
        try:
            return act(**ask)
        except KafkaError as error:
            code = getattr(error, "errno", None)
            known = code if isinstance(code, int) and code > 0 else None
            raise Failed(known, f"{type(error).__name__}: {error}")

    return asked


def create_topic(topic, partitions, configs=None):
    admin.create_topics({topic: {"num_partitions": partitions, "configs": configs or {}}})


def describe_topic(topic):
    return {"partitions": len(admin.describe_topics([topic])[0]["partitions"])}


def list_topics():
    return {"topics": admin.list_topics()}


def grow_topic(topic, partitions):
    admin.create_partitions({topic: partitions})


def delete_topic(topic):
    admin.delete_topics([topic])


def list_offset(topic, partition, spec):
    asked = TopicPartition(topic, partition)
    return admin.list_partition_offsets({asked: spec})[asked].offset


def watermarks(topic, partition):
    return {
        "low": list_offset(topic, partition, OffsetSpec.EARLIEST),
        "high": list_offset(topic, partition, OffsetSpec.LATEST),
    }


def offset_at(topic, partition, timestamp):
    return {"offset": list_offset(topic, partition, timestamp)}


def committed(group, topic, partition):
    asked = TopicPartition(topic, partition)
    found = admin.list_group_offsets({group: [asked]})[group].get(asked)
    return {"offset": -1 if found is None else found.offset}


def produce(topic, records, codec="none", acks=-1, idempotent=False, maxBytes=1_000_000):
    options = (codec, acks, idempotent, maxBytes)
    if options not in producers:
        producers[options] = KafkaProducer(
            **COMMON,
            compression_type=None if codec == "none" else codec,
            acks=acks,
            enable_idempotence=idempotent,
            max_request_size=maxBytes,
            linger_ms=5,
        )
    producer = producers[options]
    if any(value is None for record in records for _, value in record.get("headers", [])):
        raise Cannot("no null in headers")
    sent = [
        producer.send(
            topic,
            key=to_bytes(record["key"]),
            value=to_bytes(record["value"]),
            headers=[(name, to_bytes(value)) for name, value in record.get("headers", [])],
            partition=record.get("partition"),
            timestamp_ms=record.get("timestamp"),
        )
        for record in records
    ]
    offsets = [future.get(60).offset for future in sent]
    return {"offsets": [None if acks == 0 else offset for offset in offsets]}


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

    def __init__(self, name, options, start):
        self.name = name
        self.next = {}
        self.consumer = KafkaConsumer(
            **COMMON, fetch_max_wait_ms=100, auto_offset_reset="earliest", **options
        )
        start(self)
        self.reader = Reader(name, self.poll)
        self.reader.start()

    def poll(self):
        # Shorter than the backoff of retries, a poll never gets the metadata that a pattern needs.
        for partition, messages in self.consumer.poll(500).items():
            self.next[partition] = messages[-1].offset + 1
            told("records", self.name, records=[record(message) for message in messages])

    def on_partitions_assigned(self, assigned):
        told("assigned", self.name, partitions=[list(each) for each in assigned])

    def on_partitions_revoked(self, revoked):
        told("revoked", self.name, partitions=[list(each) for each in revoked])

    def on_partitions_lost(self, lost):
        self.on_partitions_revoked(lost)

    def commit(self):
        self.consumer.commit({each: OffsetAndMetadata(offset, "", -1) for each, offset in self.next.items()})


def assign(consumer, topic, partition, offset):
    def start(reading):
        asked = TopicPartition(topic, partition)
        reading.consumer.assign([asked])
        reading.consumer.seek(asked, offset)

    readers[consumer] = Reading(consumer, {"enable_auto_commit": False}, start)


def subscribe(
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
    options = {
        "group_id": group,
        "group_instance_id": instanceId,
        "partition_assignment_strategy": [ASSIGNORS[assignor]],
        "session_timeout_ms": sessionTimeoutMs,
        "heartbeat_interval_ms": 500,
        "enable_auto_commit": autoCommitMs is not None,
        **({} if autoCommitMs is None else {"auto_commit_interval_ms": autoCommitMs}),
    }

    def start(reading):
        reading.consumer.subscribe(topics=list(topics), pattern=pattern, listener=reading)

    readers[consumer] = Reading(consumer, options, start)


def commit(consumer):
    readers[consumer].reader.do(readers[consumer].commit)


def close(consumer):
    reading = readers.pop(consumer)
    reading.reader.close(reading.consumer.close)


def close_all():
    for name in list(readers):
        close(name)
    admin.close()


serve(
    kafka.__version__,
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
    close_all,
)
