"""Copies `in` to `out` with confluent-kafka, exactly once; what it is told and what it tells: see ../copier.ts."""

import json
import os
import random
import signal
import sys
import threading
import traceback

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition

BOOTSTRAP, TRANSACTIONAL_ID, GROUP_ID, SEED, ABORT_PERCENT, TIMEOUT_MS = sys.argv[1:]
FENCED = {
    KafkaError._FENCED,
    KafkaError.PRODUCER_FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.INVALID_TXN_STATE,
}
PATIENCE_S = 30

COMMON = {
    "bootstrap.servers": BOOTSTRAP,
    "reconnect.backoff.max.ms": 500,
    # librdkafka 2.16 otherwise waits for ever for the group's coordinator when its only broker was gone.
    "metadata.recovery.strategy": "none",
}
producer = Producer(
    {
        **COMMON,
        "transactional.id": TRANSACTIONAL_ID,
        "transaction.timeout.ms": int(TIMEOUT_MS),
    }
)
consumer = Consumer(
    {
        **COMMON,
        "group.id": GROUP_ID,
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": 6000,
    }
)
chance = random.Random(int(SEED))
may_end = threading.Event()
may_end.set()
running = True


def say(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def listen():
    for line in sys.stdin:
        if line.strip() == "hold":
            may_end.clear()
        else:
            may_end.set()


def stop(_signal, _frame):
    global running
    running = False


def is_fenced(error):
    return error.code() in FENCED


def retried(ask):
    """What librdkafka could not do in time is asked for again, as it wants it."""
    while True:
        try:
            return ask()
        except KafkaException as failure:
            if not failure.args[0].retriable():
                raise
            say(again=failure.args[0].name())


def copy(records):
    """One transaction; an error that asks for nothing but to abort is answered by that."""
    try:
        producer.begin_transaction()
        for record in records:
            producer.produce("out", record.value(), record.key(), partition=record.partition())
        positions = consumer.position(consumer.assignment())
        group = consumer.consumer_group_metadata()
        retried(lambda: producer.send_offsets_to_transaction(positions, group, PATIENCE_S))
        producer.flush()
        say(sent=len(records))
        if not may_end.is_set():
            say(held=True)
            may_end.wait()
        if chance.randrange(100) >= int(ABORT_PERCENT):
            retried(lambda: producer.commit_transaction(PATIENCE_S))
            say(committed=len(records))
            return
    except KafkaException as failure:
        if not failure.args[0].txn_requires_abort():
            raise
        say(refused=failure.args[0].name())
    retried(lambda: producer.abort_transaction(PATIENCE_S))
    say(aborted=len(records))
    begin_again()


def begin_again():
    for position in consumer.committed(consumer.assignment(), PATIENCE_S):
        offset = position.offset if position.offset >= 0 else OFFSET_BEGINNING
        consumer.seek(TopicPartition(position.topic, position.partition, offset))


def run():
    retried(lambda: producer.init_transactions(PATIENCE_S))
    consumer.subscribe(["in"], on_assign=lambda _consumer, _partitions: say(ready=True))
    while running:
        records = [record for record in consumer.consume(50, 0.2) if not record.error()]
        if records:
            copy(records)
    consumer.close()


threading.Thread(target=listen, daemon=True).start()
signal.signal(signal.SIGTERM, stop)
status = 0
try:
    run()
except KafkaException as failure:
    traceback.print_exc()
    error = failure.args[0]
    status = 3 if is_fenced(error) else 1
    say(**{"fenced" if status == 3 else "failed": error.name()})
os._exit(status)
