import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The driver's producers, one for each way of writing that was asked for. */
final class Writing {
  private final Map<Properties, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();

  Object produce(JsonNode ask) throws Exception {
    var producer = producers.computeIfAbsent(settings(ask), KafkaProducer::new);
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (JsonNode record : ask.get("records")) sent.add(producer.send(record(ask.get("topic").asText(), record)));
    List<Long> offsets = new ArrayList<>();
    for (Future<RecordMetadata> each : sent) {
      RecordMetadata stored = each.get();
      offsets.add(stored.hasOffset() ? stored.offset() : null);
    }
    return Map.of("offsets", offsets);
  }

  void close() {
    producers.values().forEach(KafkaProducer::close);
  }

  private static Properties settings(JsonNode ask) {
    Properties settings = new Properties();
    settings.putAll(Driver.common);
    settings.put("key.serializer", ByteArraySerializer.class);
    settings.put("value.serializer", ByteArraySerializer.class);
    settings.put("compression.type", ask.path("codec").asText("none"));
    settings.put("acks", String.valueOf(ask.path("acks").asInt(-1)));
    settings.put("enable.idempotence", ask.path("idempotent").asBoolean());
    settings.put("max.request.size", ask.path("maxBytes").asInt(1_000_000));
    settings.put("linger.ms", 5);
    settings.put("retry.backoff.ms", 50);
    return settings;
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, JsonNode ask) {
    Integer partition = ask.has("partition") ? (Integer) ask.get("partition").asInt() : null;
    Long timestamp = ask.has("timestamp") ? (Long) ask.get("timestamp").asLong() : null;
    byte[] key = Serving.bytes(ask.get("key"));
    byte[] value = Serving.bytes(ask.get("value"));
    var record = new ProducerRecord<>(topic, partition, timestamp, key, value);
    for (JsonNode header : ask.path("headers"))
      record.headers().add(header.get(0).asText(), Serving.bytes(header.get(1)));
    return record;
  }
}
