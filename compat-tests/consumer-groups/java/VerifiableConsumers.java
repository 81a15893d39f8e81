import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.sourceforge.argparse4j.inf.ArgumentParser;
import org.apache.kafka.tools.VerifiableConsumer;

/**
 * Kafka's VerifiableConsumer as a driver of the matrix (see matrix/steps.ts): several of them in one
 * process, each with the options of its command line. They commit every batch that they have read.
 */
public class VerifiableConsumers {
    private static final ObjectMapper mapper = new ObjectMapper();
    private static final PrintStream out = System.out;
    private static final Map<String, Running> running = new HashMap<>();

    private record Running(VerifiableConsumer consumer, Thread thread) {}

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String version = org.apache.kafka.common.utils.AppInfoParser.getVersion();
        ObjectNode ready = mapper.createObjectNode();
        ready.putObject("ready").put("version", version);
        say(ready);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode ask = mapper.readTree(line);
            ObjectNode answer = mapper.createObjectNode().put("id", ask.get("id").asInt());
            try {
                switch (ask.get("step").asText()) {
                    case "subscribe" -> subscribe(args[0], ask);
                    case "close" -> close(ask.get("consumer").asText());
                    default -> answer.put("cannot", "no " + ask.get("step").asText());
                }
                if (!answer.has("cannot")) answer.putObject("answer");
            } catch (Exception error) {
                answer.putObject("error").putNull("code").put("message", error.toString());
            }
            say(answer);
        }
        for (String name : List.copyOf(running.keySet())) close(name);
        System.exit(0);
    }

    private static void subscribe(String bootstrap, JsonNode ask) throws Exception {
        String name = ask.get("consumer").asText();
        List<String> options = new ArrayList<>(Arrays.asList(
                "--bootstrap-server", bootstrap, "--verbose",
                "--topic", ask.get("topics").get(0).asText(),
                "--group-id", ask.get("group").asText(),
                "--group-protocol", ask.path("protocol").asText("classic")));
        if (ask.has("instanceId")) options.addAll(List.of("--group-instance-id", ask.get("instanceId").asText()));
        if (ask.has("sessionTimeoutMs")) options.addAll(List.of("--session-timeout", ask.get("sessionTimeoutMs").asText()));
        if ("cooperative-sticky".equals(ask.path("assignor").asText())) {
            options.addAll(List.of("--assignment-strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"));
        }
        if (!options.contains("consumer")) options.addAll(List.of("--command-config", lively()));
        Method parser = VerifiableConsumer.class.getDeclaredMethod("argParser");
        parser.setAccessible(true);
        System.setOut(new Telling(name)); // it keeps the stream that it finds
        VerifiableConsumer consumer = VerifiableConsumer.createFromArgs(
                (ArgumentParser) parser.invoke(null), options.toArray(new String[0]));
        Thread thread = new Thread(consumer::run, name);
        thread.start();
        running.put(name, new Running(consumer, thread));
    }

    /** Members of classic groups hear of a rebalance by their next heartbeat. */
    private static String lively() throws IOException {
        Path file = Files.createTempFile("verifiable-consumer", ".properties");
        file.toFile().deleteOnExit();
        return Files.writeString(file, "heartbeat.interval.ms=300\n").toString();
    }

    private static void close(String name) throws InterruptedException {
        Running leaving = running.remove(name);
        leaving.consumer.close();
        leaving.thread.join();
    }

    private static synchronized void say(JsonNode line) {
        out.println(line);
    }

    /** What one of them prints, in the words of the matrix. */
    private static class Telling extends PrintStream {
        private final String name;

        Telling(String name) {
            super(OutputStream.nullOutputStream());
            this.name = name;
        }

        @Override
        public void println(String line) {
            try {
                JsonNode event = mapper.readTree(line);
                switch (event.path("name").asText()) {
                    case "partitions_assigned" -> rebalanced("assigned", event);
                    case "partitions_revoked" -> rebalanced("revoked", event);
                    case "record_data" -> read(event);
                    case "offsets_committed" -> {
                        if (!event.get("success").asBoolean()) failed(event.get("error").asText());
                    }
                    default -> { }
                }
            } catch (Exception error) {
                failed(line);
            }
        }

        private void rebalanced(String what, JsonNode event) {
            ObjectNode told = told(what);
            ArrayNode partitions = told.putArray("partitions");
            for (JsonNode each : event.get("partitions")) {
                partitions.addArray().add(each.get("topic").asText()).add(each.get("partition").asInt());
            }
            say(told);
        }

        private void read(JsonNode event) {
            ObjectNode told = told("records");
            ObjectNode record = told.putArray("records").addObject();
            for (String field : List.of("topic", "partition", "offset", "timestamp")) record.set(field, event.get(field));
            for (String field : List.of("key", "value")) record.put(field, base64(event.get(field)));
            record.putArray("headers");
            say(told);
        }

        private void failed(String message) {
            say(told("error").putNull("code").put("message", message));
        }

        private ObjectNode told(String event) {
            return mapper.createObjectNode().put("event", event).put("consumer", name);
        }

        private static String base64(JsonNode text) {
            if (text.isNull()) return null;
            return Base64.getEncoder().encodeToString(text.asText().getBytes(StandardCharsets.UTF_8));
        }
    }
}
