import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

/** Record batches as Kafka's MemoryRecordsBuilder writes them and as MemoryRecords reads them. */
final class Batches {
    static void build(JsonNode request, ObjectNode answer) {
        JsonNode draft = request.get("batch");
        JsonNode logAppendTime = draft.get("logAppendTimeMs");
        JsonNode deleteHorizon = draft.get("deleteHorizonMs");
        boolean control = draft.get("control").asBoolean();
        try (MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
                new ByteBufferOutputStream(1024),
                RecordBatch.CURRENT_MAGIC_VALUE,
                Compression.of(CompressionType.forId(draft.get("codec").asInt())).build(),
                logAppendTime.isNull() ? TimestampType.CREATE_TIME : TimestampType.LOG_APPEND_TIME,
                longOf(draft.get("baseOffset")),
                logAppendTime.isNull() ? RecordBatch.NO_TIMESTAMP : longOf(logAppendTime),
                longOf(draft.get("producerId")),
                (short) draft.get("producerEpoch").asInt(),
                draft.get("baseSequence").asInt(),
                draft.get("transactional").asBoolean(),
                control,
                draft.get("leaderEpoch").asInt(),
                Integer.MAX_VALUE,
                deleteHorizon.isNull() ? RecordBatch.NO_TIMESTAMP : longOf(deleteHorizon))) {
            for (JsonNode record : draft.get("records")) {
                long offset = longOf(record.get("offset"));
                if (control) builder.appendControlRecordWithOffset(offset, simple(record));
                else builder.appendWithOffset(offset, simple(record));
            }
            builder.overrideLastOffset(longOf(draft.get("lastOffset")));
            answer.put("bytes", Messages.hex(builder.build().buffer()));
        }
    }

    static void read(JsonNode request, ObjectNode answer) throws IOException {
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(Messages.bytes(request.get("bytes"))));
        ArrayNode batches = answer.putArray("batches");
        for (MutableRecordBatch batch : records.batches()) {
            batch.ensureValid();
            describe(batch, batches.addObject());
        }
    }

    static void decompress(JsonNode request, ObjectNode answer) throws IOException {
        Compression compression = Compression.of(CompressionType.forId(request.get("codec").asInt())).build();
        ByteBuffer bytes = ByteBuffer.wrap(Messages.bytes(request.get("bytes")));
        try (InputStream in = compression.wrapForInput(bytes, RecordBatch.CURRENT_MAGIC_VALUE, BufferSupplier.NO_CACHING)) {
            answer.put("bytes", Messages.hex(ByteBuffer.wrap(in.readAllBytes())));
        }
    }

    private static void describe(RecordBatch batch, ObjectNode into) {
        into.put("codec", batch.compressionType().id);
        into.put("baseOffset", String.valueOf(batch.baseOffset()));
        into.put("lastOffset", String.valueOf(batch.lastOffset()));
        into.put("leaderEpoch", batch.partitionLeaderEpoch());
        into.put("producerId", String.valueOf(batch.producerId()));
        into.put("producerEpoch", batch.producerEpoch());
        into.put("baseSequence", batch.baseSequence());
        into.put("transactional", batch.isTransactional());
        into.put("control", batch.isControlBatch());
        boolean stamped = batch.timestampType() == TimestampType.LOG_APPEND_TIME;
        into.put("logAppendTimeMs", stamped ? String.valueOf(batch.maxTimestamp()) : null);
        into.put("deleteHorizonMs", batch.deleteHorizonMs().isPresent()
            ? String.valueOf(batch.deleteHorizonMs().getAsLong()) : null);
        ArrayNode list = into.putArray("records");
        for (Record record : batch) {
            record.ensureValid();
            ObjectNode one = list.addObject();
            one.put("offset", String.valueOf(record.offset()));
            one.put("timestampMs", String.valueOf(record.timestamp()));
            one.put("key", hexOrNull(record.key()));
            one.put("value", hexOrNull(record.value()));
            ArrayNode headers = one.putArray("headers");
            for (Header header : record.headers()) {
                byte[] value = header.value();
                headers.addObject().put("key", header.key())
                    .put("value", value == null ? null : Messages.hex(ByteBuffer.wrap(value)));
            }
        }
    }

    private static SimpleRecord simple(JsonNode record) {
        JsonNode list = record.get("headers");
        Header[] headers = new Header[list.size()];
        for (int i = 0; i < headers.length; i++) {
            headers[i] = new RecordHeader(list.get(i).get("key").asText(), bytesOrNull(list.get(i).get("value")));
        }
        return new SimpleRecord(
            longOf(record.get("timestampMs")),
            bytesOrNull(record.get("key")),
            bytesOrNull(record.get("value")),
            headers);
    }

    private static long longOf(JsonNode text) {
        return Long.parseLong(text.asText());
    }

    private static byte[] bytesOrNull(JsonNode hex) {
        return hex.isNull() ? null : Messages.bytes(hex);
    }

    private static String hexOrNull(ByteBuffer bytes) {
        return bytes == null ? null : Messages.hex(bytes);
    }
}
