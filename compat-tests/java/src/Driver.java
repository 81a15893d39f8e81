import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** The Java client as a driver of the matrix. Its arguments are the protocol of its groups and the bootstrap address. */
public final class Driver {
  static String protocol;
  static Properties common = new Properties();
  static Admin admin;
  static final Writing writing = new Writing();
  static final Map<String, Reading> readers = new HashMap<>();

  public static void main(String[] args) throws Exception {
    protocol = args[0];
    common.put("bootstrap.servers", args[1]);
    common.put("metadata.max.age.ms", 1000);
    common.put("reconnect.backoff.max.ms", 500);
    admin = Admin.create(common);
    Map<String, Serving.Step> steps = new HashMap<>();
    steps.put("createTopic", Driver::createTopic);
    steps.put("describeTopic", Reading::describeTopic);
    steps.put("listTopics", ask -> Map.of("topics", admin.listTopics().names().get()));
    steps.put("growTopic", Driver::growTopic);
    steps.put("deleteTopic", ask -> done(admin.deleteTopics(List.of(topic(ask))).all().get()));
    steps.put("watermarks", Driver::watermarks);
    steps.put("offsetAt", Driver::offsetAt);
    steps.put("committed", Driver::committed);
    steps.put("produce", writing::produce);
    steps.put("assign", Reading::assign);
    steps.put("subscribe", Reading::subscribe);
    steps.put("commit", ask -> done(reader(ask).commit()));
    steps.put("close", ask -> done(readers.remove(ask.get("consumer").asText()).close()));
    Serving.serve(version(), steps);
    for (Reading reader : readers.values()) reader.close();
    writing.close();
    admin.close();
    System.exit(0);
  }

  private static String version() throws Exception {
    Properties told = new Properties();
    try (var file = Admin.class.getResourceAsStream("/kafka/kafka-version.properties")) {
      told.load(file);
    }
    return told.getProperty("version");
  }

  static Object done(Object nothing) {
    return Map.of();
  }

  private static Reading reader(JsonNode ask) {
    return readers.get(ask.get("consumer").asText());
  }

  private static String topic(JsonNode ask) {
    return ask.get("topic").asText();
  }

  static TopicPartition partition(JsonNode ask) {
    return new TopicPartition(topic(ask), ask.get("partition").asInt());
  }

  private static Object createTopic(JsonNode ask) throws Exception {
    Map<String, String> configs = new HashMap<>();
    ask.path("configs").properties().forEach(config -> configs.put(config.getKey(), config.getValue().asText()));
    NewTopic topic = new NewTopic(topic(ask), Optional.of(ask.get("partitions").asInt()), Optional.empty());
    return done(admin.createTopics(List.of(topic.configs(configs))).all().get());
  }

  private static Object growTopic(JsonNode ask) throws Exception {
    var count = NewPartitions.increaseTo(ask.get("partitions").asInt());
    return done(admin.createPartitions(Map.of(topic(ask), count)).all().get());
  }

  private static long offset(JsonNode ask, OffsetSpec spec) throws Exception {
    TopicPartition partition = partition(ask);
    return admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get().offset();
  }

  private static Object watermarks(JsonNode ask) throws Exception {
    return Map.of("low", offset(ask, OffsetSpec.earliest()), "high", offset(ask, OffsetSpec.latest()));
  }

  private static Object offsetAt(JsonNode ask) throws Exception {
    return Map.of("offset", offset(ask, OffsetSpec.forTimestamp(ask.get("timestamp").asLong())));
  }

  private static Object committed(JsonNode ask) throws Exception {
    var group = admin.listConsumerGroupOffsets(ask.get("group").asText());
    var found = group.partitionsToOffsetAndMetadata().get().get(partition(ask));
    return Map.of("offset", found == null ? -1 : found.offset());
  }
}
