import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** One consumer, polled in a thread of its own; whatever else touches it runs there as well. */
final class Reading implements ConsumerRebalanceListener {
  private final String name;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final ConcurrentLinkedQueue<FutureTask<Object>> work = new ConcurrentLinkedQueue<>();
  /** The offset after the last record that was told. */
  private final Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
  private boolean open = true;

  private Reading(String name, Properties settings) {
    this.name = name;
    consumer = new KafkaConsumer<>(settings);
  }

  static Object assign(JsonNode ask) {
    TopicPartition partition = Driver.partition(ask);
    return start(ask, settings(), reading -> {
      reading.consumer.assign(List.of(partition));
      reading.consumer.seek(partition, ask.get("offset").asLong());
    });
  }

  static Object subscribe(JsonNode ask) {
    Properties settings = settings();
    settings.put("group.id", ask.get("group").asText());
    if (ask.has("instanceId")) settings.put("group.instance.id", ask.get("instanceId").asText());
    JsonNode autoCommitMs = ask.get("autoCommitMs");
    settings.put("enable.auto.commit", !autoCommitMs.isNull());
    if (!autoCommitMs.isNull()) settings.put("auto.commit.interval.ms", autoCommitMs.asInt());
    boolean cooperative = ask.path("assignor").asText().equals("cooperative-sticky");
    if (Driver.protocol.equals("consumer")) {
      // Its timeouts are the broker's, and every rebalance of it is cooperative.
      settings.put("group.protocol", "consumer");
      settings.put("group.remote.assignor", cooperative ? "uniform" : "range");
    } else {
      Class<?> assignor = cooperative ? CooperativeStickyAssignor.class : RangeAssignor.class;
      settings.put("partition.assignment.strategy", assignor.getName());
      settings.put("session.timeout.ms", ask.path("sessionTimeoutMs").asInt(30_000));
      settings.put("heartbeat.interval.ms", 500);
    }
    return start(ask, settings, reading -> {
      if (ask.has("pattern")) reading.consumer.subscribe(Pattern.compile(ask.get("pattern").asText()), reading);
      else reading.consumer.subscribe(texts(ask.get("topics")), reading);
    });
  }

  /** A consumer is asked, as admins of different versions tell it in different ways. */
  static Object describeTopic(JsonNode ask) {
    Properties settings = settings();
    settings.put("allow.auto.create.topics", false);
    try (var consumer = new KafkaConsumer<byte[], byte[]>(settings)) {
      return Map.of("partitions", consumer.partitionsFor(ask.get("topic").asText()).size());
    }
  }

  Object commit() throws Exception {
    return act(() -> {
      consumer.commitSync(next);
      return null;
    });
  }

  Object close() throws Exception {
    return act(() -> {
      consumer.close();
      open = false;
      return null;
    });
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    tell("assigned", partitions);
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
    tell("revoked", partitions);
  }

  private static Properties settings() {
    Properties settings = new Properties();
    settings.putAll(Driver.common);
    settings.put("key.deserializer", ByteArrayDeserializer.class);
    settings.put("value.deserializer", ByteArrayDeserializer.class);
    settings.put("auto.offset.reset", "earliest");
    settings.put("fetch.max.wait.ms", 100);
    settings.put("enable.auto.commit", false);
    return settings;
  }

  private static List<String> texts(JsonNode nodes) {
    List<String> texts = new ArrayList<>();
    nodes.forEach(node -> texts.add(node.asText()));
    return texts;
  }

  private static Object start(JsonNode ask, Properties settings, Consumer<Reading> begin) {
    Reading reading = new Reading(ask.get("consumer").asText(), settings);
    Driver.readers.put(reading.name, reading);
    begin.accept(reading);
    Thread thread = new Thread(reading::run, reading.name);
    thread.setDaemon(true);
    thread.start();
    return Map.of();
  }

  private Object act(Callable<Object> act) throws Exception {
    var task = new FutureTask<>(act);
    work.add(task);
    return task.get();
  }

  private void run() {
    while (open) {
      try {
        for (var task = work.poll(); task != null; task = work.poll()) task.run();
        if (open) tell(consumer.poll(Duration.ofMillis(50)));
      } catch (Exception error) {
        Serving.tell("error", name, Serving.described(error));
      }
    }
  }

  private void tell(String event, Collection<TopicPartition> partitions) {
    var pairs = partitions.stream().map(each -> List.of(each.topic(), each.partition())).toList();
    Serving.tell(event, name, Map.of("partitions", pairs));
  }

  private void tell(ConsumerRecords<byte[], byte[]> records) {
    List<Map<String, Object>> told = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      next.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
      told.add(told(record));
    }
    if (!told.isEmpty()) Serving.tell("records", name, Map.of("records", told));
  }

  private static Map<String, Object> told(ConsumerRecord<byte[], byte[]> record) {
    List<List<String>> headers = new ArrayList<>();
    for (Header header : record.headers()) headers.add(Arrays.asList(header.key(), Serving.base64(header.value())));
    Map<String, Object> told = new HashMap<>();
    told.put("topic", record.topic());
    told.put("partition", record.partition());
    told.put("offset", record.offset());
    told.put("timestamp", record.timestamp());
    told.put("key", Serving.base64(record.key()));
    told.put("value", Serving.base64(record.value()));
    told.put("headers", headers);
    return told;
  }
}
