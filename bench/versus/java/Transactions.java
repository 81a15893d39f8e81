import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Transactions of ten records in three partitions, one after another. Arguments: bootstrap, topic,
 * transactions. The first fifth does not count. Prints transactions per second.
 */
class Transactions {
    public static void main(String[] args) throws Exception {
        int transactions = Integer.parseInt(args[2]);
        byte[] value = new byte[100];
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", args[0], "transactional.id", args[1]),
                new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            long begun = 0;
            for (int i = 0; i < transactions; i++) {
                if (i == transactions / 5) begun = System.nanoTime();
                producer.beginTransaction();
                for (int record = 0; record < 10; record++) {
                    producer.send(new ProducerRecord<>(args[1], record % 3, null, value));
                }
                producer.commitTransaction();
            }
            System.out.println((transactions - transactions / 5) * 1e9 / (System.nanoTime() - begun));
        }
    }
}
