package dev.backplane.storage.qcow2.internal;

import java.nio.charset.StandardCharsets;

/**
 * A header extension (docs/interop/qcow2).
 *
 * @param type which
 * @param bytes what it holds
 */
record Extension(int type, byte[] bytes) {
    static final int BACKING_FORMAT = 0xe2792aca;
    static final int BITMAPS = 0x23852875;
    static final int DATA_FILE = 0x44415441;
    static final int ENCRYPTION = 0x0537be77;

    static Extension of(int type, String text) {
        return new Extension(type, text.getBytes(StandardCharsets.UTF_8));
    }

    String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** How much room it takes in the header. */
    int roomBytes() {
        return 8 + (bytes.length + 7) / 8 * 8;
    }
}
