import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;

/** Copies `in` to `out` with Kafka's own clients, exactly once; what it is told and what it tells: see ../copier.ts. */
public class Copier {
    private static final int FENCED = 3;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Random random;
    private final int abortPercent;
    private final Object gate = new Object();
    private boolean held = false;
    private volatile boolean running = true;

    public static void main(String[] args) {
        Copier copier = new Copier(args);
        Thread listener = new Thread(copier::listen);
        listener.setDaemon(true);
        listener.start();
        Thread copying = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            copier.running = false;
            try {
                copying.join(10_000);
            } catch (InterruptedException ignored) {
                // The process ends anyway.
            }
        }));
        copier.run();
    }

    private Copier(String[] args) {
        String bootstrap = args[0];
        String transactionalId = args[1];
        String groupId = args[2];
        random = new Random(Long.parseLong(args[3]));
        abortPercent = Integer.parseInt(args[4]);
        String transactionTimeoutMs = args[5];
        consumer = new KafkaConsumer<>(properties(Map.of(
            "bootstrap.servers", bootstrap,
            "group.id", groupId,
            "isolation.level", "read_committed",
            "auto.offset.reset", "earliest",
            "enable.auto.commit", "false",
            "session.timeout.ms", "6000",
            "max.poll.records", "50",
            "key.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer",
            "value.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer")));
        producer = new KafkaProducer<>(properties(Map.of(
            "bootstrap.servers", bootstrap,
            "transactional.id", transactionalId,
            "transaction.timeout.ms", transactionTimeoutMs,
            "key.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer",
            "value.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer")));
    }

    private static Properties properties(Map<String, String> settings) {
        Properties properties = new Properties();
        properties.putAll(settings);
        return properties;
    }

    private void run() {
        int status = 0;
        try {
            producer.initTransactions();
            consumer.subscribe(List.of("in"));
            boolean said = false;
            while (running) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
                if (!said && !consumer.assignment().isEmpty()) {
                    said = true;
                    say("{\"ready\":true}");
                }
                if (!records.isEmpty()) {
                    copy(records);
                }
            }
            consumer.close();
            producer.close();
        } catch (ProducerFencedException | InvalidProducerEpochException | InvalidTxnStateException e) {
            say("{\"fenced\":\"" + e.getClass().getSimpleName() + "\"}");
            status = FENCED;
        } catch (RuntimeException e) {
            e.printStackTrace();
            say("{\"failed\":\"" + e.getClass().getSimpleName() + "\"}");
            status = 1;
        }
        Runtime.getRuntime().halt(status);
    }

    private void copy(ConsumerRecords<byte[], byte[]> records) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        try {
            producer.beginTransaction();
            for (ConsumerRecord<byte[], byte[]> record : records) {
                producer.send(new ProducerRecord<>("out", record.partition(), record.key(), record.value()));
                offsets.put(
                    new TopicPartition(record.topic(), record.partition()),
                    new OffsetAndMetadata(record.offset() + 1));
            }
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
            producer.flush();
            say("{\"sent\":" + records.count() + "}");
            waitWhileHeld();
            if (random.nextInt(100) >= abortPercent) {
                commit();
                say("{\"committed\":" + records.count() + "}");
                return;
            }
        } catch (ProducerFencedException | InvalidProducerEpochException | InvalidTxnStateException e) {
            throw e;
        } catch (CommitFailedException e) {
            say("{\"refused\":\"" + e.getClass().getSimpleName() + "\"}");
        } catch (KafkaException e) {
            if (e.getCause() instanceof ProducerFencedException || e.getCause() instanceof InvalidProducerEpochException) {
                throw new ProducerFencedException(e.getMessage());
            }
            e.printStackTrace();
            say("{\"refused\":\"" + e.getClass().getSimpleName() + "\"}");
        }
        producer.abortTransaction();
        say("{\"aborted\":" + records.count() + "}");
        beginAgain();
    }

    /** Whether it came to pass is not known after a timeout: the same is asked again. */
    private void commit() {
        while (true) {
            try {
                producer.commitTransaction();
                return;
            } catch (TimeoutException e) {
                say("{\"again\":\"commit\"}");
            }
        }
    }

    private void beginAgain() {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(consumer.assignment());
        for (TopicPartition partition : consumer.assignment()) {
            OffsetAndMetadata offset = committed.get(partition);
            if (offset == null) {
                consumer.seekToBeginning(List.of(partition));
            } else {
                consumer.seek(partition, offset);
            }
        }
    }

    private void listen() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (gate) {
                    held = line.equals("hold");
                    gate.notifyAll();
                }
            }
        } catch (java.io.IOException ignored) {
            // Nobody tells it anything any more.
        }
    }

    private void waitWhileHeld() {
        synchronized (gate) {
            if (held) {
                say("{\"held\":true}");
            }
            while (held) {
                try {
                    gate.wait();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
