package dev.backplane.gdb.internal;

/**
 * One register as gdb sees it.
 *
 * @param name as gdb's own descriptions call it
 * @param bytes its size
 * @param type its type in the target description
 * @param feature which part of the description has it
 * @param reader gives its bytes, the lowest first
 * @param writer takes them
 */
record Register(String name, int bytes, String type, Feature feature, Reader reader, Writer writer) {
    /** A part of the description (gdb manual, G.5.16). */
    enum Feature {
        CORE("org.gnu.gdb.i386.core"),
        SSE("org.gnu.gdb.i386.sse"),
        SEGMENTS("org.gnu.gdb.i386.segments"),
        SYSTEM("dev.backplane.x86.system");

        final String id;

        Feature(String id) {
            this.id = id;
        }
    }

    /** Reads it. */
    @FunctionalInterface
    interface Reader {
        /** Puts its bytes into {@code to}. */
        void read(RegisterFile file, byte[] to);
    }

    /** Writes it. */
    @FunctionalInterface
    interface Writer {
        /** Takes its bytes. */
        void write(RegisterFile file, byte[] from);
    }

    /** A register of up to 8 bytes that is a number. */
    static Register number(String name, int bytes, String type, Feature feature, Get get, Set set) {
        return new Register(
                name,
                bytes,
                type,
                feature,
                (file, to) -> store(get.get(file), to),
                (file, from) -> set.set(file, load(from)));
    }

    /** Gives a number. */
    @FunctionalInterface
    interface Get {
        /** Gives it. */
        long get(RegisterFile file);
    }

    /** Takes a number. */
    @FunctionalInterface
    interface Set {
        /** Takes it. */
        void set(RegisterFile file, long value);
    }

    byte[] read(RegisterFile file) {
        byte[] value = new byte[bytes];
        reader.read(file, value);
        return value;
    }

    private static void store(long value, byte[] to) {
        for (int n = 0; n < to.length; n++) {
            to[n] = (byte) (value >>> (n << 3));
        }
    }

    private static long load(byte[] from) {
        long value = 0;
        for (int n = 0; n < from.length; n++) {
            value |= (from[n] & 0xFFL) << (n << 3);
        }
        return value;
    }
}
