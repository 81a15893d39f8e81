import java.time.Duration;
import org.apache.kafka.streams.tests.SmokeTestDriver;

/**
 * What `StreamsSmokeTest run` does, for as long and with as many records as its caller has time for:
 * bootstrap, guarantee, keys, records for each key, seconds.
 */
public class SmokeDriver {
  public static void main(String[] args) {
    boolean exactlyOnce = args[1].equals("exactly_once_v2");
    int recordsPerKey = Integer.parseInt(args[3]);
    var time = Duration.ofSeconds(Long.parseLong(args[4]));
    var written = SmokeTestDriver.generate(args[0], Integer.parseInt(args[2]), recordsPerKey, time);
    System.out.println("ALL-RECORDS-GENERATED");
    SmokeTestDriver.verify(args[0], written, recordsPerKey, exactlyOnce);
  }
}
