import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Exit;

/**
 * Kafka's command-line tools, one after the other in one process: a line names the main class, its arguments
 * and its input, and is answered by what the tool printed and the status that it ended with.
 */
public class Tools {
    private static final ObjectMapper json = new ObjectMapper();

    /** With what a tool wanted to end the process; some go on when they are told that they cannot. */
    private static Integer status;
    /** What a tool wanted to do when the process ends, such as closing its producer. */
    private static final List<Runnable> lastActs = new ArrayList<>();

    /** Thrown where a tool would end the process. */
    private static class Ended extends RuntimeException {
        Ended() {
            super(null, null, false, false);
        }
    }

    public static void main(String[] args) throws Exception {
        PrintStream answers = System.out;
        BufferedReader asks = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Exit.setExitProcedure((wanted, message) -> {
            if (status == null) status = wanted;
            throw new Ended();
        });
        Exit.setShutdownHookAdder((name, act) -> lastActs.add(act));
        for (String line = asks.readLine(); line != null; line = asks.readLine()) {
            JsonNode ask = json.readTree(line);
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            ByteArrayOutputStream complaints = new ByteArrayOutputStream();
            InputStream input = new ByteArrayInputStream(ask.get("input").asText().getBytes(StandardCharsets.UTF_8));
            System.setIn(input);
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(complaints, true, StandardCharsets.UTF_8));
            run(ask.get("tool").asText(), json.convertValue(ask.get("args"), String[].class));
            answers.println(json.writeValueAsString(Map.of(
                "status", status,
                "printed", printed.toString(StandardCharsets.UTF_8),
                "complaints", complaints.toString(StandardCharsets.UTF_8))));
        }
        System.exit(0);
    }

    private static void run(String tool, String[] args) throws Exception {
        status = null;
        try {
            Class.forName(tool).getMethod("main", String[].class).invoke(null, (Object) args);
        } catch (InvocationTargetException thrown) {
            if (status == null) {
                status = 1;
                thrown.getCause().printStackTrace();
            }
        }
        lastActs.forEach(Runnable::run);
        lastActs.clear();
        if (status == null) status = 0;
    }
}
