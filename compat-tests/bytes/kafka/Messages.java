import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Kafka's generated messages, filled from JSON and turned into JSON field by field. Kafka's own
 * JsonConverters are not used: they leave out the contents of records, and refuse to hold a value
 * that a version lacks, which is just what is asked about here. A long is a string, bytes are hex.
 */
final class Messages {
    private static final List<String> PLACES = List.of(
        "org.apache.kafka.common.message.%sData",
        "org.apache.kafka.coordinator.group.generated.%s",
        "org.apache.kafka.coordinator.transaction.generated.%s",
        "org.apache.kafka.common.metadata.%s",
        "org.apache.kafka.common.message.%s");
    /** Fields of the generated classes that are no fields of the message. */
    private static final Set<String> NOT_OF_THE_MESSAGE = Set.of("_unknownTaggedFields", "next", "prev");
    private static final Map<String, Class<?>> CLASSES = new ConcurrentHashMap<>();
    private static final Map<Class<?>, List<Field>> FIELDS = new ConcurrentHashMap<>();
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    static void encode(JsonNode request, ObjectNode answer) throws ReflectiveOperationException {
        Object message = fill(classOf(request), request.get("value"), request.path("tags"));
        short version = (short) request.get("version").asInt();
        ByteBuffer bytes = MessageUtil.toByteBufferAccessor((Message) message, version).buffer();
        answer.put("bytes", hex(bytes));
    }

    static void decode(JsonNode request, ObjectNode answer) throws ReflectiveOperationException {
        ByteBuffer bytes = ByteBuffer.wrap(bytes(request.get("bytes")));
        Message message = (Message) newOf(classOf(request));
        message.read(new ByteBufferAccessor(bytes), (short) request.get("version").asInt());
        answer.set("value", json(message));
        answer.put("left", bytes.remaining());
    }

    /** In which versions the headers of a request and of its response are. */
    static void headers(JsonNode request, ObjectNode answer) {
        ApiKeys api = ApiKeys.forId(request.get("key").asInt());
        short version = (short) request.get("version").asInt();
        answer.put("request", api.requestHeaderVersion(version));
        answer.put("response", api.responseHeaderVersion(version));
    }

    private static Class<?> classOf(JsonNode request) throws ClassNotFoundException {
        String name = request.get("message").asText();
        Class<?> known = CLASSES.get(name);
        if (known != null) return known;
        for (String place : PLACES) {
            try {
                Class<?> found = Class.forName(String.format(place, name));
                CLASSES.put(name, found);
                return found;
            } catch (ClassNotFoundException elsewhere) {
                // The next place is tried.
            }
        }
        throw new ClassNotFoundException(name);
    }

    private static Object newOf(Class<?> type) throws ReflectiveOperationException {
        return type.getDeclaredConstructor().newInstance();
    }

    private static List<Field> fieldsOf(Class<?> type) {
        return FIELDS.computeIfAbsent(type, absent -> {
            List<Field> fields = new ArrayList<>();
            for (Field field : absent.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers()) || NOT_OF_THE_MESSAGE.contains(field.getName())) continue;
                field.setAccessible(true);
                fields.add(field);
            }
            return fields;
        });
    }

    /** An object with these values, and with the tags in each of its structs; what has no value keeps its default. */
    private static Object fill(Class<?> type, JsonNode value, JsonNode tags) throws ReflectiveOperationException {
        Message object = (Message) newOf(type);
        for (Field field : fieldsOf(type)) {
            JsonNode given = value.get(field.getName());
            if (given != null) field.set(object, valueOf(field.getType(), field.getGenericType(), given, tags));
        }
        for (JsonNode tag : tags) {
            object.unknownTaggedFields().add(new RawTaggedField(tag.get("tag").asInt(), bytes(tag.get("bytes"))));
        }
        return object;
    }

    private static Object valueOf(Class<?> type, Type generic, JsonNode value, JsonNode tags)
            throws ReflectiveOperationException {
        if (value.isNull()) return null;
        if (type == boolean.class || type == Boolean.class) return value.asBoolean();
        if (type == byte.class || type == Byte.class) return (byte) value.asInt();
        if (type == short.class || type == Short.class) return (short) value.asInt();
        if (type == int.class || type == Integer.class) return value.asInt();
        if (type == long.class || type == Long.class) return Long.parseLong(value.asText());
        if (type == double.class || type == Double.class) return Double.parseDouble(value.asText());
        if (type == String.class) return value.asText();
        if (type == Uuid.class) return Uuid.fromString(value.asText());
        if (type == byte[].class) return bytes(value);
        if (type == ByteBuffer.class) return ByteBuffer.wrap(bytes(value));
        if (BaseRecords.class.isAssignableFrom(type)) {
            return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes(value)));
        }
        if (Collection.class.isAssignableFrom(type)) return listOf(type, generic, value, tags);
        return fill(type, value, tags);
    }

    @SuppressWarnings("unchecked")
    private static Collection<?> listOf(Class<?> type, Type generic, JsonNode values, JsonNode tags)
            throws ReflectiveOperationException {
        boolean plain = type == List.class;
        Type of = plain ? generic : type.getGenericSuperclass();
        Type item = ((ParameterizedType) of).getActualTypeArguments()[0];
        Class<?> itemClass = (Class<?>) (item instanceof ParameterizedType inner ? inner.getRawType() : item);
        Collection<Object> list = plain ? new ArrayList<>() : (Collection<Object>) newOf(type);
        for (JsonNode value : values) list.add(valueOf(itemClass, item, value, tags));
        return list;
    }

    private static JsonNode json(Object value) throws IllegalAccessException {
        if (value == null) return JSON.nullNode();
        if (value instanceof Boolean bool) return JSON.booleanNode(bool);
        if (value instanceof Byte || value instanceof Short || value instanceof Integer) {
            return JSON.numberNode(((Number) value).intValue());
        }
        if (value instanceof byte[] bytes) return JSON.textNode(HexFormat.of().formatHex(bytes));
        if (value instanceof ByteBuffer bytes) return JSON.textNode(hex(bytes));
        if (value instanceof MemoryRecords records) return JSON.textNode(hex(records.buffer()));
        if (value instanceof Collection<?> values) {
            ArrayNode array = JSON.arrayNode();
            for (Object item : values) array.add(json(item));
            return array;
        }
        if (value instanceof Message message) {
            ObjectNode object = JSON.objectNode();
            for (Field field : fieldsOf(message.getClass())) object.set(field.getName(), json(field.get(message)));
            return object;
        }
        return JSON.textNode(value.toString());
    }

    static String hex(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    static byte[] bytes(JsonNode hex) {
        return HexFormat.of().parseHex(hex.asText());
    }
}
