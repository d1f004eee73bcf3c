package dev.backplane.kernel.internal.state;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import dev.backplane.api.state.StateException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trees of plain values as CBOR or JSON: {@code Map<String, Object>}, {@code List}, {@code Long}, {@code Boolean}, {@code String}
 * and, in CBOR, {@code byte[]}. States come from files and networks too: depth and sizes are bounded.
 */
final class PlainTree {
    private static final StreamReadConstraints BOUNDS = StreamReadConstraints.builder()
            .maxNestingDepth(64)
            .maxStringLength(1 << 26)
            .build();

    private final String format;
    private final JsonFactory factory;

    private PlainTree(String format, JsonFactory factory) {
        this.format = format;
        this.factory = factory;
    }

    static PlainTree cbor() {
        return new PlainTree(
                "CBOR", CBORFactory.builder().streamReadConstraints(BOUNDS).build());
    }

    static PlainTree json() {
        return new PlainTree(
                "JSON", JsonFactory.builder().streamReadConstraints(BOUNDS).build());
    }

    byte[] write(Map<String, Object> tree) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator generator = factory.createGenerator(bytes)) {
            generator.setPrettyPrinter(new DefaultPrettyPrinter());
            value(generator, tree);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void value(JsonGenerator generator, Object value) throws IOException {
        switch (value) {
            case Map<?, ?> map -> {
                generator.writeStartObject(map, map.size());
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    generator.writeFieldName((String) entry.getKey());
                    value(generator, entry.getValue());
                }
                generator.writeEndObject();
            }
            case List<?> list -> {
                generator.writeStartArray(list, list.size());
                for (Object item : list) {
                    value(generator, item);
                }
                generator.writeEndArray();
            }
            case Long number -> generator.writeNumber(number);
            case Boolean flag -> generator.writeBoolean(flag);
            case String text -> generator.writeString(text);
            case byte[] bytes -> generator.writeBinary(bytes);
            default -> throw new IllegalArgumentException("no plain value: " + value.getClass());
        }
    }

    Map<String, Object> read(byte[] bytes) throws StateException {
        try (JsonParser parser = factory.createParser(bytes)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new StateException("the state is no " + format + " map");
            }
            Map<String, Object> tree = map(parser);
            if (parser.nextToken() != null) {
                throw new StateException("the state has bytes behind its end");
            }
            return tree;
        } catch (JsonParseException e) {
            throw new StateException("the state is no " + format + ": " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new StateException("the state is no " + format + ": " + e.getMessage());
        }
    }

    private static Map<String, Object> map(JsonParser parser) throws IOException, StateException {
        Map<String, Object> map = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            parser.nextToken();
            if (map.put(key, value(parser)) != null) {
                throw new StateException("the state has the field " + key + " twice");
            }
        }
        return map;
    }

    private static Object value(JsonParser parser) throws IOException, StateException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> map(parser);
            case START_ARRAY -> {
                List<Object> list = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(value(parser));
                }
                yield list;
            }
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_STRING -> parser.getText();
            case VALUE_EMBEDDED_OBJECT -> parser.getBinaryValue();
            case null -> throw new StateException("the state ends too early");
            default -> throw new StateException("the state holds a value that is not plain: " + parser.currentToken());
        };
    }
}
