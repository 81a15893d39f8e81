import java.time.Duration;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.tests.RelationalSmokeTest.App;

/**
 * What `RelationalSmokeTest application` does, but all are one application, and a dead one is missed
 * after 6 seconds, not after 45: bootstrap, guarantee, name, folder of the state.
 */
public class RelationalApplication {
  public static void main(String[] args) {
    var settings = App.getConfig(args[0], "relational", args[2], args[1], "classic", args[3]);
    settings.put("consumer.session.timeout.ms", 6000);
    settings.put("consumer.heartbeat.interval.ms", 500);
    var streams = new KafkaStreams(App.getTopology(), settings);
    streams.setStateListener((now, before) -> System.out.println(before + " -> " + now));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(30))));
    streams.start();
  }
}
