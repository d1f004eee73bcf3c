package dev.backplane.kernel.internal.state;

import dev.backplane.api.state.StateException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Records of plain values as JSON that people read. A record that nothing but the kernel writes; those of parts travel as CBOR.
 *
 * @param <R> the record
 */
public final class JsonRecord<R extends Record> {
    private final Class<R> type;
    private final StateFields fields;
    private final PlainTree tree = PlainTree.json();

    /**
     * For a record.
     *
     * @param type its class: no {@code byte[]} in it
     */
    public JsonRecord(Class<R> type) {
        this.type = type;
        this.fields = new StateFields(type);
    }

    /**
     * Writes it.
     *
     * @param record what to write
     * @return UTF-8, with line breaks
     */
    public byte[] write(R record) {
        return (new String(tree.write(fields.toFields(record)), StandardCharsets.UTF_8) + "\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads it.
     *
     * @param json UTF-8
     * @return the record
     * @throws StateException when it is none: names the field
     */
    public R read(byte[] json) throws StateException {
        return record(tree.read(json));
    }

    /**
     * Reads what the record knows, whatever else is there.
     *
     * @param json UTF-8
     * @return the record
     * @throws StateException when something is missing: names the field
     */
    public R readKnown(byte[] json) throws StateException {
        Map<String, Object> known = new LinkedHashMap<>(tree.read(json));
        known.keySet()
                .retainAll(Arrays.stream(type.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toList());
        return record(known);
    }

    private R record(Map<String, Object> values) throws StateException {
        return type.cast(fields.toRecord(type, values, type.getSimpleName().toLowerCase(Locale.ROOT)));
    }
}
