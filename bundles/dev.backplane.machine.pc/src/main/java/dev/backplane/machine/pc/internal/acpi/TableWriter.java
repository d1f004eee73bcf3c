package dev.backplane.machine.pc.internal.acpi;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Little-endian fields, one after the other. */
final class TableWriter {
    private static final String OEM = "BCKPLN";
    private static final String OEM_TABLE = "PC1     ";
    private static final String CREATOR = "BCKP";
    private static final int LENGTH_OFFSET = 4;
    private static final int CHECKSUM_OFFSET = 9;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /**
     * Begins a table with the header of 5.2.6; {@link #table} completes it.
     *
     * @param signature four letters
     * @param revision of the table
     */
    static TableWriter table(String signature, int revision) {
        return new TableWriter()
                .text(signature)
                .u32(0)
                .u8(revision)
                .u8(0)
                .text(OEM)
                .text(OEM_TABLE)
                .u32(1)
                .text(CREATOR)
                .u32(1);
    }

    TableWriter u8(int value) {
        bytes.write(value);
        return this;
    }

    TableWriter u16(int value) {
        return u8(value).u8(value >>> 8);
    }

    TableWriter u32(long value) {
        return u16((int) value).u16((int) (value >>> 16));
    }

    TableWriter u64(long value) {
        return u32(value).u32(value >>> 32);
    }

    TableWriter text(String text) {
        return put(text.getBytes(StandardCharsets.US_ASCII));
    }

    TableWriter put(byte[]... parts) {
        for (byte[] part : parts) {
            bytes.writeBytes(part);
        }
        return this;
    }

    TableWriter zeros(int count) {
        return put(new byte[count]);
    }

    int length() {
        return bytes.size();
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    /** The table with its length and its checksum. */
    byte[] table() {
        byte[] table = bytes();
        for (int i = 0; i < 4; i++) {
            table[LENGTH_OFFSET + i] = (byte) (table.length >>> 8 * i);
        }
        table[CHECKSUM_OFFSET] = checksum(table, table.length);
        return table;
    }

    /** What makes the sum of the first bytes zero. */
    static byte checksum(byte[] table, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += table[i];
        }
        return (byte) -sum;
    }
}
