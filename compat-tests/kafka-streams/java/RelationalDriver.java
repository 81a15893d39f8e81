import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.streams.tests.RelationalSmokeTest.App;
import org.apache.kafka.streams.tests.RelationalSmokeTest.DataSet;

/**
 * What `RelationalSmokeTest driver` does, for as long and with as many records as its caller has time
 * for: bootstrap, articles, comments, seconds. The exit code is its verdict.
 */
public class RelationalDriver {
  public static void main(String[] args) throws InterruptedException {
    var data = DataSet.generate(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
    data.produce(args[0], Duration.ofSeconds(Long.parseLong(args[3])));
    System.out.println("ALL-RECORDS-GENERATED");
    System.exit(App.verifySync(args[0], Instant.now().plus(Duration.ofMinutes(2))) ? 0 : 1);
  }
}
