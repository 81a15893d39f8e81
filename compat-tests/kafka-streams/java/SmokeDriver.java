import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.tests.SmokeTestDriver;

/**
 * What `StreamsSmokeTest run` does, for as long and with as many records as its caller has time for:
 * bootstrap, guarantee, keys, records for each key, seconds.
 */
public class SmokeDriver {
  static final String APPLICATION = "SmokeTest";
  static final String SOURCE = "data";
  static final Duration QUIET = Duration.ofSeconds(2);
  static final int MOST_LOOKS = 60;

  public static void main(String[] args) throws Exception {
    boolean exactlyOnce = args[1].equals("exactly_once_v2");
    int recordsPerKey = Integer.parseInt(args[3]);
    var time = Duration.ofSeconds(Long.parseLong(args[4]));
    var written = SmokeTestDriver.generate(args[0], Integer.parseInt(args[2]), recordsPerKey, time);
    System.out.println("ALL-RECORDS-GENERATED");
    if (exactlyOnce) awaitProcessed(args[0]);
    SmokeTestDriver.verify(args[0], written, recordsPerKey, exactlyOnce);
  }

  /**
   * Before it reads anything, `verify` notes where the topics end, and fails if anything is written later, be it
   * the end of a transaction: processors that are some hundred milliseconds behind are enough. After two minutes it
   * shall judge what there is.
   */
  static void awaitProcessed(String bootstrap) throws Exception {
    try (var admin = Admin.create(Map.<String, Object>of("bootstrap.servers", bootstrap))) {
      for (int look = 0; look < MOST_LOOKS; look++) {
        var before = ends(admin, IsolationLevel.READ_UNCOMMITTED);
        Thread.sleep(QUIET.toMillis());
        if (areRead(admin, before) && ends(admin, IsolationLevel.READ_COMMITTED).equals(before)) return;
      }
      System.out.println("NOT-ALL-PROCESSED");
    }
  }

  static Map<TopicPartition, Long> ends(Admin admin, IsolationLevel isolation) throws Exception {
    var latest = new HashMap<TopicPartition, OffsetSpec>();
    admin.describeTopics(List.of(SmokeTestDriver.topics())).allTopicNames().get().forEach((topic, about) ->
        about.partitions().forEach(each ->
            latest.put(new TopicPartition(topic, each.partition()), OffsetSpec.latest())));
    var ends = new HashMap<TopicPartition, Long>();
    admin.listOffsets(latest, new ListOffsetsOptions(isolation)).all().get()
        .forEach((partition, end) -> ends.put(partition, end.offset()));
    return ends;
  }

  static boolean areRead(Admin admin, Map<TopicPartition, Long> ends) throws Exception {
    var read = admin.listConsumerGroupOffsets(APPLICATION).partitionsToOffsetAndMetadata().get();
    return ends.entrySet().stream()
        .filter(end -> end.getKey().topic().equals(SOURCE) && end.getValue() > 0)
        .allMatch(end -> read.get(end.getKey()) != null && read.get(end.getKey()).offset() == end.getValue());
  }
}
