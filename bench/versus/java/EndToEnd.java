import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One record at a time from a producer to a consumer, as Kafka's EndToEndLatency sends them; but that tells
 * percentiles in whole milliseconds only. Arguments: bootstrap, topic, records, bytes of each. The first
 * fifth does not count.
 */
class EndToEnd {
    public static void main(String[] args) throws Exception {
        int records = Integer.parseInt(args[2]);
        byte[] value = new byte[Integer.parseInt(args[3])];
        List<TopicPartition> partitions = List.of(new TopicPartition(args[1], 0));
        List<Long> tookNs = new ArrayList<>();
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", args[0], "acks", "all", "linger.ms", "0"),
                new ByteArraySerializer(), new ByteArraySerializer());
             var consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", args[0], "enable.auto.commit", "false"),
                new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            consumer.position(partitions.get(0));
            for (int i = 0; i < records; i++) {
                long before = System.nanoTime();
                producer.send(new ProducerRecord<>(args[1], value)).get();
                while (consumer.poll(Duration.ofSeconds(10)).isEmpty());
                if (i >= records / 5) tookNs.add(System.nanoTime() - before);
            }
        }
        Collections.sort(tookNs);
        System.out.println(at(tookNs, 0.5) + " " + at(tookNs, 0.99));
    }

    private static double at(List<Long> sorted, double share) {
        return sorted.get((int) (share * sorted.size())) / 1e6;
    }
}
