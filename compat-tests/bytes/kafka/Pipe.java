import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Kafka's own code behind a pipe: every line read is a request in JSON, every line written its answer,
 * in the same order. What Kafka refuses is answered with {"refused": why}.
 */
public class Pipe {
    public static void main(String[] args) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(mapper.writeValueAsString(answer(mapper, mapper.readTree(line))));
        }
    }

    private static ObjectNode answer(ObjectMapper mapper, JsonNode request) {
        ObjectNode answer = mapper.createObjectNode();
        try {
            switch (request.get("ask").asText()) {
                case "encode" -> Messages.encode(request, answer);
                case "decode" -> Messages.decode(request, answer);
                case "headers" -> Messages.headers(request, answer);
                case "build" -> Batches.build(request, answer);
                case "read" -> Batches.read(request, answer);
                case "decompress" -> Batches.decompress(request, answer);
                default -> throw new IllegalArgumentException("unknown request");
            }
        } catch (ReflectiveOperationException | LinkageError wrong) {
            answer.put("broken", wrong.toString());
        } catch (Exception refusal) {
            answer.put("refused", refusal.toString());
        }
        return answer;
    }
}
