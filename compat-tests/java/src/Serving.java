import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.protocol.Errors;

/** The loop of the driver in Java: lines in, answers out, one step after the other (see matrix/steps.ts). */
final class Serving {
  interface Step {
    Object answer(JsonNode ask) throws Exception;
  }

  /** The error of a step that the client cannot express as it was asked. */
  static final class Cannot extends RuntimeException {
    Cannot(String why) {
      super(why);
    }
  }

  private static final ObjectMapper json = new ObjectMapper();
  private static final PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  static void serve(String version, Map<String, Step> steps) throws Exception {
    say(Map.of("ready", Map.of("version", version)));
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) say(answer(line, steps));
  }

  /** Tells what a consumer has met. */
  static void tell(String event, String consumer, Map<String, ?> what) {
    Map<String, Object> line = new HashMap<>(what);
    line.put("event", event);
    line.put("consumer", consumer);
    say(line);
  }

  static Map<String, Object> described(Throwable error) {
    Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
    Errors known = Errors.forException(cause);
    Map<String, Object> told = new HashMap<>();
    told.put("code", known == Errors.UNKNOWN_SERVER_ERROR ? null : known.code());
    told.put("message", cause.toString());
    return told;
  }

  static byte[] bytes(JsonNode base64) {
    return base64.isNull() ? null : Base64.getDecoder().decode(base64.asText());
  }

  static String base64(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }

  private static Map<String, Object> answer(String line, Map<String, Step> steps) throws Exception {
    ObjectNode ask = (ObjectNode) json.readTree(line);
    int id = ask.get("id").asInt();
    String step = ask.get("step").asText();
    try {
      if (!steps.containsKey(step)) throw new Cannot("no " + step);
      return Map.of("id", id, "answer", steps.get(step).answer(ask));
    } catch (Cannot cannot) {
      return Map.of("id", id, "cannot", cannot.getMessage());
    } catch (Exception error) {
      return Map.of("id", id, "error", described(error));
    }
  }

  private static synchronized void say(Object line) {
    try {
      output.println(json.writeValueAsString(line));
    } catch (Exception impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
