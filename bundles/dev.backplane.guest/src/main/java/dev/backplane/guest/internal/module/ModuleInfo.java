package dev.backplane.guest.internal.module;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a kernel module says of itself: the strings {@code key=value} in the section {@code .modinfo} of an ELF file (System V ABI, "Sections";
 * include/linux/moduleparam.h).
 *
 * @param strings all of them
 */
record ModuleInfo(List<String> strings) {
    private static final String SECTION = ".modinfo";
    private static final int MAGIC = 0x7f454c46;
    private static final int CLASS_64_LITTLE_ENDIAN = 0x0201;
    private static final int HEADER_BYTES = 64;
    private static final int SECTION_HEADER_BYTES = 64;

    /** Reads it from a module's bytes. */
    static ModuleInfo read(byte[] module) throws IOException {
        ByteBuffer elf = ByteBuffer.wrap(module);
        if (module.length < HEADER_BYTES || elf.getInt(0) != MAGIC || elf.getShort(4) != CLASS_64_LITTLE_ENDIAN) {
            throw new IOException("it is no 64-bit ELF file");
        }
        elf.order(ByteOrder.LITTLE_ENDIAN);
        long table = elf.getLong(0x28);
        int count = Short.toUnsignedInt(elf.getShort(0x3c));
        int names = Short.toUnsignedInt(elf.getShort(0x3e));
        if (names >= count || table < 0 || table > module.length - (long) count * SECTION_HEADER_BYTES) {
            throw new IOException("its section headers lie outside of it");
        }
        byte[] texts = section(module, elf, (int) table, names);
        for (int i = 0; i < count; i++) {
            int name = elf.getInt((int) table + i * SECTION_HEADER_BYTES);
            if (text(texts, name).equals(SECTION)) {
                return new ModuleInfo(strings(section(module, elf, (int) table, i)));
            }
        }
        throw new IOException("it has no section " + SECTION);
    }

    private static byte[] section(byte[] module, ByteBuffer elf, int table, int index) throws IOException {
        int header = table + index * SECTION_HEADER_BYTES;
        long offset = elf.getLong(header + 0x18);
        long bytes = elf.getLong(header + 0x20);
        if (offset < 0 || bytes < 0 || offset > module.length || bytes > module.length - offset) {
            throw new IOException("section " + index + " lies outside of it");
        }
        return Arrays.copyOfRange(module, (int) offset, (int) (offset + bytes));
    }

    private static List<String> strings(byte[] section) {
        List<String> strings = new ArrayList<>();
        for (int at = 0; at < section.length; ) {
            String text = text(section, at);
            if (!text.isEmpty()) {
                strings.add(text);
            }
            at += text.length() + 1;
        }
        return strings;
    }

    /** Up to a zero byte; empty outside. */
    private static String text(byte[] bytes, int start) {
        int end = start;
        while (start >= 0 && end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return end <= start ? "" : new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
    }

    /** All values of a key, in their order. */
    List<String> values(String key) {
        return strings.stream()
                .filter(each -> each.startsWith(key + "="))
                .map(each -> each.substring(key.length() + 1))
                .toList();
    }

    /** The modules whose symbols it uses. */
    List<String> depends() {
        List<String> names = new ArrayList<>();
        for (String value : values("depends")) {
            names.addAll(Arrays.asList(value.split(",")));
        }
        names.removeIf(String::isEmpty);
        return names;
    }
}
