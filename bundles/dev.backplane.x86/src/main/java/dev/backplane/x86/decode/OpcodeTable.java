package dev.backplane.x86.decode;

import dev.backplane.x86.state.Bits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The opcodes by encoding, read once from {@code opcodes.txt}, whose head explains its columns. Immutable. */
final class OpcodeTable {
    /** Opcode maps: one byte, 0F, 0F38, 0F3A. */
    static final int MAPS = 4;

    /** Mandatory prefixes as indexes: none, 66, F3, F2. */
    static final List<String> PREFIXES = List.of("np", "66", "F3", "F2");

    private static final Map<Character, Integer> FLAGS = Map.of(
            'o', Bits.OF, 'd', Bits.DF, 'i', Bits.IF, 's', Bits.SF, 'z', Bits.ZF, 'a', Bits.AF, 'p', Bits.PF, 'c',
            Bits.CF);
    private static final Map<String, Integer> PROPERTIES = Map.ofEntries(
            Map.entry("byte", Opcode.BYTE),
            Map.entry("lock", Opcode.LOCKABLE),
            Map.entry("no64", Opcode.NO_64),
            Map.entry("only64", Opcode.ONLY_64),
            Map.entry("d64", Opcode.DEFAULT_64),
            Map.entry("f64", Opcode.FORCE_64),
            Map.entry("end", Opcode.ENDS_BLOCK),
            Map.entry("safe", Opcode.SAFE),
            Map.entry("keep", Opcode.MAY_KEEP_FLAGS),
            Map.entry("m:r", Opcode.READS),
            Map.entry("m:w", Opcode.WRITES),
            Map.entry("m:rw", Opcode.READS | Opcode.WRITES));
    private static final String[] CONDITION_FLAGS = {"o", "c", "z", "cz", "s", "p", "os", "osz"};

    static final OpcodeTable INSTANCE = new OpcodeTable();

    /** By map and opcode byte: null, one opcode for every form, or one by prefix and ModR/M byte. */
    private final @Nullable Opcode[][] forms = new Opcode[MAPS * 256][];

    private OpcodeTable() {
        lines().forEach(this::add);
    }

    /** One line an encoding: the families that differ in numbers only, then the resource's; later ones win. */
    static List<String> lines() {
        List<String> lines = generated();
        lines.addAll(resource("opcodes.txt"));
        return lines;
    }

    /** The lines of a resource beside this class, comments left out. */
    static List<String> resource(String resource) {
        var lines = new ArrayList<String>();
        try (InputStream stream = OpcodeTable.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw new IllegalStateException(resource + " is missing beside " + OpcodeTable.class.getName());
            }
            var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.US_ASCII));
            reader.lines().filter(l -> !l.isBlank() && l.charAt(0) != '#').forEach(lines::add);
        } catch (IOException e) {
            throw new UncheckedIOException("reading the opcode table", e);
        }
        return lines;
    }

    /** Whether an opcode byte is followed by ModR/M; false for undefined ones. */
    boolean modrm(int map, int opcode) {
        @Nullable Opcode[] slot = forms[map << 8 | opcode];
        return slot != null && slot.length > 1;
    }

    /** The opcode, or {@link Opcode#NONE}. {@code prefix}: 0 none, 1 = 66, 2 = F3, 3 = F2; {@code modrm} 0 without one. */
    Opcode find(int map, int opcode, int prefix, int modrm) {
        @Nullable Opcode[] slot = forms[map << 8 | opcode];
        if (slot == null) {
            return Opcode.NONE;
        }
        Opcode found = slot.length == 1 ? slot[0] : slot[prefix << 8 | modrm];
        return found == null ? Opcode.NONE : found;
    }

    /** The families whose lines differ in numbers only. */
    private static List<String> generated() {
        var lines = new ArrayList<String>();
        String[] arithmetic = {"ADD", "OR", "ADC", "SBB", "AND", "SUB", "XOR", "CMP"};
        for (int n = 0; n < 8; n++) {
            String name = arithmetic[n];
            boolean logic = n == 1 || n == 4 || n == 6;
            String flags = " safe w:oszapc" + (logic ? " u:a" : "") + (n == 2 || n == 3 ? " r:c" : "");
            String target = (n == 7 ? " m:r" : " m:rw lock") + flags;
            int base = n << 3;
            lines.add("%02X - r %s Eb,Gb byte%s".formatted(base, name, target));
            lines.add("%02X - r %s Ev,Gv%s".formatted(base + 1, name, target));
            lines.add("%02X - r %s Gb,Eb byte m:r%s".formatted(base + 2, name, flags));
            lines.add("%02X - r %s Gv,Ev m:r%s".formatted(base + 3, name, flags));
            lines.add("%02X - - %s AL,Ib byte%s".formatted(base + 4, name, flags));
            lines.add("%02X - - %s rAX,Iz%s".formatted(base + 5, name, flags));
            lines.add("80 - /%d %s Eb,Ib byte%s".formatted(n, name, target));
            lines.add("81 - /%d %s Ev,Iz%s".formatted(n, name, target));
            lines.add("82 - /%d %s Eb,Ib byte no64%s".formatted(n, name, target));
            lines.add("83 - /%d %s Ev,Ib%s".formatted(n, name, target));
        }
        String[] shifts = {"ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SHL", "SAR"};
        for (int n = 0; n < 8; n++) {
            String flags =
                    " m:rw safe keep " + (n < 4 ? "w:oc u:o" : "w:oszapc u:oa") + (n == 2 || n == 3 ? " r:c" : "");
            lines.add("C0 - /%d %s Eb,Ib byte%s".formatted(n, shifts[n], flags));
            lines.add("C1 - /%d %s Ev,Ib%s".formatted(n, shifts[n], flags));
            lines.add("D0 - /%d %s Eb,1 byte%s".formatted(n, shifts[n], flags));
            lines.add("D1 - /%d %s Ev,1%s".formatted(n, shifts[n], flags));
            lines.add("D2 - /%d %s Eb,CL byte%s".formatted(n, shifts[n], flags));
            lines.add("D3 - /%d %s Ev,CL%s".formatted(n, shifts[n], flags));
        }
        for (int n = 0; n < 16; n++) {
            String flags = " r:" + CONDITION_FLAGS[n >> 1];
            lines.add("%02X - - JCC Jb f64 end%s".formatted(0x70 + n, flags));
            lines.add("0F%02X - - JCC Jz f64 end%s".formatted(0x80 + n, flags));
            lines.add("0F%02X - r SETCC Eb byte m:w safe%s".formatted(0x90 + n, flags));
            lines.add("0F%02X - r CMOVCC Gv,Ev m:r safe%s".formatted(0x40 + n, flags));
        }
        return lines;
    }

    private void add(String line) {
        String[] columns = line.trim().split("\\s+");
        String code = columns[0];
        int count = 1;
        if (code.endsWith("+8")) {
            count = 8;
            code = code.substring(0, code.length() - 2);
        }
        int map = 0;
        if (code.length() > 2) {
            map = code.startsWith("0F38") && code.length() == 6
                    ? 2
                    : code.startsWith("0F3A") && code.length() == 6 ? 3 : 1;
            code = code.substring(code.length() - 2);
        }
        int first = Integer.parseInt(code, 16);
        Opcode opcode = opcode(columns, count == 8);
        for (int n = first; n < first + count; n++) {
            place(map << 8 | n, columns[1], columns[2], opcode);
        }
    }

    /** The opcode of a line's columns. */
    static Opcode opcode(String[] columns, boolean opcodeRegister) {
        int properties = (columns[2].equals("-") ? 0 : Opcode.MODRM) | (opcodeRegister ? Opcode.OPCODE_REGISTER : 0);
        int read = 0;
        int written = 0;
        int undefined = 0;
        int bytes = 0;
        Feature feature = null;
        for (int n = 5; n < columns.length; n++) {
            String word = columns[n];
            Integer property = PROPERTIES.get(word);
            if (property != null) {
                properties |= property;
            } else if (word.startsWith("f:")) {
                feature = Feature.valueOf(word.substring(2));
            } else if (word.startsWith("r:")) {
                read = flags(word);
            } else if (word.startsWith("w:")) {
                written = flags(word);
            } else if (word.startsWith("u:")) {
                undefined = flags(word);
            } else if (word.matches("b[0-9]+")) {
                bytes = Integer.parseInt(word.substring(1));
            } else {
                throw new IllegalStateException("opcode table: unknown property " + word + " of " + columns[0]);
            }
        }
        String operands = columns[4];
        if (operands.startsWith("Rd") || operands.endsWith("Rd")) {
            properties |= operands.length() > 2 ? Opcode.FORCE_REGISTER : 0;
        }
        for (String operand : operands.split(",")) {
            properties |= switch (operand) {
                case "Hx", "Hdq", "Hq", "Hss", "Hsd", "By" -> Opcode.NAMES_VVVV;
                case "Sx", "Sdq" -> Opcode.VECTOR_INDEX;
                default -> 0;
            };
        }
        Mnemonic mnemonic = Mnemonic.valueOf(columns[3].toUpperCase(Locale.ROOT));
        return new Opcode(
                mnemonic, operands, read, written, undefined, properties, bytes, immediate(operands), feature);
    }

    private static int flags(String word) {
        return word.chars().skip(2).map(f -> FLAGS.get((char) f)).reduce(0, (a, b) -> a | b);
    }

    private static Opcode.Immediate immediate(String operands) {
        if (operands.equals("Iw,Ib")) {
            return Opcode.Immediate.ENTER;
        }
        for (String operand : operands.split(",")) {
            switch (operand) {
                case "Ib", "Jb", "Lx" -> {
                    return Opcode.Immediate.BYTE;
                }
                case "Iw" -> {
                    return Opcode.Immediate.WORD;
                }
                case "Iz", "Jz" -> {
                    return Opcode.Immediate.FULL;
                }
                case "Iv" -> {
                    return Opcode.Immediate.VALUE;
                }
                case "Ob", "Ov" -> {
                    return Opcode.Immediate.OFFSET;
                }
                case "Ap" -> {
                    return Opcode.Immediate.FAR;
                }
                default -> {}
            }
        }
        return Opcode.Immediate.NONE;
    }

    private void place(int key, String prefix, String modrm, Opcode opcode) {
        @Nullable Opcode[] slot = forms[key];
        if (modrm.equals("-")) {
            // A mandatory prefix without ModR/M (EMMS): the decoder has to look it up by prefix all the same.
            if (prefix.equals("-")) {
                forms[key] = new Opcode[] {opcode};
                return;
            }
            throw new IllegalStateException("opcode table: " + opcode.mnemonic() + " has a prefix but no ModR/M");
        }
        if (slot == null) {
            slot = new Opcode[4 << 8];
            forms[key] = slot;
        }
        for (int p = 0; p < 4; p++) {
            if (prefix.equals("-") || prefix.equals(PREFIXES.get(p))) {
                for (int m = 0; m < 256; m++) {
                    if (matches(modrm, m)) {
                        slot[p << 8 | m] = opcode;
                    }
                }
            }
        }
    }

    /** Whether a ModR/M byte fits the table's pattern. */
    static boolean matches(String pattern, int modrm) {
        boolean register = modrm >= 0xC0;
        if (pattern.charAt(0) == '=') {
            return modrm == Integer.parseInt(pattern.substring(1), 16);
        }
        boolean extended = pattern.charAt(0) == '/';
        if (extended && pattern.charAt(1) - '0' != (modrm >> 3 & 7)) {
            return false;
        }
        String rest = pattern.substring(extended ? 2 : 1);
        return rest.isEmpty() || rest.equals(register ? "r" : "m");
    }
}
