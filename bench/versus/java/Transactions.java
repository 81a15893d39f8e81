import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Transactions of ten records in three partitions, one after another. Arguments: bootstrap, topic,
 * transactions. The first fifth does not count. Prints transactions per second. Where the broker refuses one, as
 * Apache Kafka does now and then (INVALID_TXN_STATE), a new producer does it again, and the time counts.
 */
class Transactions {
    static final int MOST_REFUSED = 10;
    static final byte[] VALUE = new byte[100];

    public static void main(String[] args) throws Exception {
        int transactions = Integer.parseInt(args[2]);
        var producer = begin(args[0], args[1]);
        long begun = 0;
        for (int done = 0, refused = 0; done < transactions; ) {
            if (done == transactions / 5) begun = System.nanoTime();
            try {
                transact(producer, args[1]);
                done++;
            } catch (KafkaException thrown) {
                producer.close();
                if (++refused > MOST_REFUSED) throw thrown;
                producer = begin(args[0], args[1]);
            }
        }
        System.out.println((transactions - transactions / 5) * 1e9 / (System.nanoTime() - begun));
        producer.close();
    }

    static KafkaProducer<byte[], byte[]> begin(String bootstrap, String topic) {
        var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap, "transactional.id", topic),
                new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
        return producer;
    }

    static void transact(KafkaProducer<byte[], byte[]> producer, String topic) {
        producer.beginTransaction();
        for (int record = 0; record < 10; record++) {
            producer.send(new ProducerRecord<>(topic, record % 3, null, VALUE));
        }
        producer.commitTransaction();
    }
}
