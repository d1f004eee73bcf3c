package dev.backplane.nbd.wire;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What OPT_LIST_META_CONTEXT and OPT_SET_META_CONTEXT carry ("Metadata querying").
 *
 * @param export whose contexts
 * @param queries the names that are wanted
 */
public record MetaContexts(String export, List<String> queries) {
    /** More than this nobody asks for. */
    private static final int MAX_QUERIES = 256;

    /**
     * The data of the option.
     *
     * @return ready to be sent
     */
    public ByteBuffer encode() {
        int length = 8 + Text.bytes(export).length;
        for (String query : queries) {
            length += 4 + Text.bytes(query).length;
        }
        ByteBuffer data = ByteBuffer.allocate(length);
        Text.put(data, export);
        data.putInt(queries.size());
        queries.forEach(query -> Text.put(data, query));
        return data.flip();
    }

    /**
     * Reads the data of the option.
     *
     * @param data all of it
     * @return what is asked for
     * @throws NbdException where it is malformed
     */
    public static MetaContexts decode(ByteBuffer data) throws NbdException {
        String export = Text.get(data, "the export's name");
        long count = data.remaining() < 4 ? -1 : Integer.toUnsignedLong(data.getInt());
        if (count < 0 || count > MAX_QUERIES) {
            throw new NbdException("%d queries: expected 0 to %d".formatted(count, MAX_QUERIES));
        }
        List<String> queries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            queries.add(Text.get(data, "a query"));
        }
        if (data.hasRemaining()) {
            throw new NbdException("%d bytes behind the queries".formatted(data.remaining()));
        }
        return new MetaContexts(export, List.copyOf(queries));
    }
}
