package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Persistent dirty bitmaps (docs/interop/qcow2, "Bitmaps extension"). They are kept; nothing is recorded in them. */
final class Bitmaps {
    private static final int FIXED_BYTES = 24;
    private static final int FLAGS_AT = 12;
    private static final int IN_USE = 1;
    private static final int AUTO = 1 << 1;
    private static final int MOST = 65535;
    private static final int MOST_DIRECTORY_BYTES = 16 << 20;
    private static final int MOST_TABLE_ENTRIES = 8 << 20;

    private Bitmaps() {}

    /**
     * A bitmap.
     *
     * @param at where its entry is in the directory
     * @param tableOffset where its table is
     * @param tableEntries how long that is
     */
    record Bitmap(int at, long tableOffset, int tableEntries, int flags, int granularityBits, String name) {
        Map<String, Object> told() {
            List<String> words = new ArrayList<>();
            if ((flags & IN_USE) != 0) {
                words.add("in-use");
            }
            if ((flags & AUTO) != 0) {
                words.add("auto");
            }
            return Map.of("flags", words, "name", name, "granularity", 1L << granularityBits);
        }
    }

    /** The directory. */
    record Directory(long offset, ByteBuffer bytes, List<Bitmap> bitmaps) {}

    /** Empty where the image has none, or nobody has kept them up to date. */
    static Directory read(Image image, Header header) throws StorageException {
        Extension extension = header.extension(Extension.BITMAPS).orElse(null);
        if (extension == null || (header.autoclear() & Header.BITMAPS) == 0) {
            return new Directory(0, ByteBuffer.allocate(0), List.of());
        }
        if (extension.bytes().length < FIXED_BYTES) {
            throw Image.corrupt("a bitmaps extension of %d bytes".formatted(extension.bytes().length));
        }
        ByteBuffer fixed = ByteBuffer.wrap(extension.bytes());
        int count = fixed.getInt(0);
        long bytes = fixed.getLong(8);
        long offset = fixed.getLong(16);
        if (count < 0
                || count > MOST
                || bytes < 0
                || bytes > MOST_DIRECTORY_BYTES
                || offset < 0
                || offset % header.clusterBytes() != 0
                || offset > image.bytes()
                || bytes > image.bytes() + header.clusterBytes() - offset) {
            throw Image.corrupt("a directory of %d bitmaps in %d bytes at 0x%x".formatted(count, bytes, offset));
        }
        ByteBuffer directory = image.read(offset, (int) bytes);
        List<Bitmap> bitmaps = new ArrayList<>();
        for (int at = 0, i = 0; i < count; i++) {
            if (at + FIXED_BYTES > bytes) {
                throw Image.corrupt("a bitmap directory that ends within bitmap %d".formatted(i));
            }
            int nameBytes = directory.getShort(at + 18) & 0xffff;
            int extraBytes = directory.getInt(at + 20);
            if (extraBytes < 0 || extraBytes > bytes || at + FIXED_BYTES + (long) extraBytes + nameBytes > bytes) {
                throw Image.corrupt("a bitmap directory that ends within bitmap %d".formatted(i));
            }
            int entries = directory.getInt(at + 8);
            if (entries < 0 || entries > MOST_TABLE_ENTRIES) {
                throw Image.corrupt("a bitmap table of %d entries".formatted(entries));
            }
            bitmaps.add(new Bitmap(
                    at,
                    directory.getLong(at),
                    entries,
                    directory.getInt(at + FLAGS_AT),
                    directory.get(at + 17) & 63,
                    new String(directory.array(), at + FIXED_BYTES + extraBytes, nameBytes, StandardCharsets.UTF_8)));
            at += (FIXED_BYTES + extraBytes + nameBytes + 7) / 8 * 8;
        }
        return new Directory(offset, directory, List.copyOf(bitmaps));
    }

    /** Those in which writes should be recorded are not up to date from now on, and say so. */
    static void markInUse(Image image, Header header) throws StorageException {
        Directory directory = read(image, header);
        boolean changed = false;
        for (Bitmap each : directory.bitmaps()) {
            if ((each.flags() & AUTO) != 0 && (each.flags() & IN_USE) == 0) {
                directory.bytes().putInt(each.at() + FLAGS_AT, each.flags() | IN_USE);
                changed = true;
            }
        }
        if (changed) {
            image.write(directory.offset(), directory.bytes().array());
            image.flush();
        }
    }
}
