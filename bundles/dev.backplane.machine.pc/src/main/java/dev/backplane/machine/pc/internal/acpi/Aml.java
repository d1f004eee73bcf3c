package dev.backplane.machine.pc.internal.acpi;

import java.util.ArrayList;
import java.util.List;

/** As much of the ACPI machine language as a table of devices needs (ACPI 6.5, chapter 20). */
final class Aml {
    private static final int ZERO = 0x00;
    private static final int ONE = 0x01;
    private static final int NAME = 0x08;
    private static final int BYTE = 0x0a;
    private static final int WORD = 0x0b;
    private static final int DWORD = 0x0c;
    private static final int STRING = 0x0d;
    private static final int QWORD = 0x0e;
    private static final int SCOPE = 0x10;
    private static final int BUFFER = 0x11;
    private static final int PACKAGE = 0x12;
    private static final int METHOD = 0x14;
    private static final int EXTENDED = 0x5b;
    private static final int REGION = 0x80;
    private static final int FIELD = 0x81;
    private static final int DEVICE = 0x82;

    private Aml() {}

    static byte[] integer(long value) {
        TableWriter term = new TableWriter();
        if (value == 0) {
            term.u8(ZERO);
        } else if (value == 1) {
            term.u8(ONE);
        } else if (value >>> 8 == 0) {
            term.u8(BYTE).u8((int) value);
        } else if (value >>> 16 == 0) {
            term.u8(WORD).u16((int) value);
        } else if (value >>> 32 == 0) {
            term.u8(DWORD).u32(value);
        } else {
            term.u8(QWORD).u64(value);
        }
        return term.bytes();
    }

    /** A value as {@link dev.backplane.api.device.AcpiObject} has it. */
    static byte[] value(Object value) {
        return switch (value) {
            case Long number -> integer(number);
            case List<?> elements -> packageOf(elements.stream().map(Aml::value).toList());
            default -> string(value.toString());
        };
    }

    static byte[] string(String text) {
        return new TableWriter().u8(STRING).text(text).u8(0).bytes();
    }

    static byte[] buffer(byte[] content) {
        byte[] body = new TableWriter().put(integer(content.length), content).bytes();
        return new TableWriter().u8(BUFFER).put(withLength(body)).bytes();
    }

    static byte[] packageOf(long... elements) {
        List<byte[]> terms = new ArrayList<>();
        for (long element : elements) {
            terms.add(integer(element));
        }
        return packageOf(terms);
    }

    static byte[] packageOf(List<byte[]> elements) {
        byte[] body = new TableWriter()
                .u8(elements.size())
                .put(elements.toArray(byte[][]::new))
                .bytes();
        return new TableWriter().u8(PACKAGE).put(withLength(body)).bytes();
    }

    /** Registers in an address space (20.2.5.2). */
    static byte[] region(String name, int space, int offset, int length) {
        return new TableWriter()
                .u8(EXTENDED)
                .u8(REGION)
                .text(name)
                .u8(space)
                .put(integer(offset), integer(length))
                .bytes();
    }

    /** The lowest bits of a region, each with a name. */
    static byte[] bits(String region, int flags, String... names) {
        TableWriter body = new TableWriter().text(region).u8(flags);
        for (String name : names) {
            body.text(name).u8(1);
        }
        return new TableWriter()
                .u8(EXTENDED)
                .u8(FIELD)
                .put(withLength(body.bytes()))
                .bytes();
    }

    /** A method of which no two calls run at once, since it makes names of its own (20.2.5.2). */
    static byte[] serializedMethod(String name, int arguments, byte[]... terms) {
        int serialized = 1 << 3;
        byte[] body = new TableWriter()
                .text(name)
                .u8(arguments | serialized)
                .put(terms)
                .bytes();
        return new TableWriter().u8(METHOD).put(withLength(body)).bytes();
    }

    /** An operator of one byte with its operands, and what it encloses. */
    static byte[] operator(int operator, byte[]... operands) {
        return new TableWriter().u8(operator).put(operands).bytes();
    }

    /** An operator whose operands are preceded by their length. */
    static byte[] block(int operator, byte[]... terms) {
        byte[] body = new TableWriter().put(terms).bytes();
        return new TableWriter().u8(operator).put(withLength(body)).bytes();
    }

    static byte[] name(String name, byte[] value) {
        return new TableWriter().u8(NAME).text(name).put(value).bytes();
    }

    static byte[] scope(String name, List<byte[]> terms) {
        return new TableWriter().u8(SCOPE).put(withLength(block(name, terms))).bytes();
    }

    static byte[] device(String name, List<byte[]> terms) {
        return new TableWriter()
                .u8(EXTENDED)
                .u8(DEVICE)
                .put(withLength(block(name, terms)))
                .bytes();
    }

    /** A hardware identifier: {@code ABC1234} packed as EISA did it (ACPI 6.5, 19.3.4), anything else as a string. */
    static byte[] hardwareId(String id) {
        if (!id.matches("[A-Z]{3}[0-9A-F]{4}")) {
            return string(id);
        }
        int letters = (id.charAt(0) - '@') << 10 | (id.charAt(1) - '@') << 5 | id.charAt(2) - '@';
        int digits = Integer.parseInt(id.substring(3), 16);
        return new TableWriter()
                .u8(DWORD)
                .u32(Integer.toUnsignedLong(Integer.reverseBytes(letters << 16 | digits)))
                .bytes();
    }

    private static byte[] block(String name, List<byte[]> terms) {
        return new TableWriter().text(name).put(terms.toArray(byte[][]::new)).bytes();
    }

    /** PkgLength, which counts itself (20.2.4). */
    private static byte[] withLength(byte[] body) {
        TableWriter result = new TableWriter();
        if (body.length + 1 < 1 << 6) {
            result.u8(body.length + 1);
        } else {
            int more = body.length + 2 < 1 << 12 ? 1 : body.length + 3 < 1 << 20 ? 2 : 3;
            int total = body.length + 1 + more;
            result.u8(more << 6 | total & 0xf);
            for (int i = 0; i < more; i++) {
                result.u8(total >>> 4 + 8 * i);
            }
        }
        return result.put(body).bytes();
    }
}
